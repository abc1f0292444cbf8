"""What drills may ask for: their size and seed, and a scene to spoil; a failure says how to have it again."""

from collections.abc import Generator, Iterator

import pytest

from tests.support.app import app
from tests.support.faults import drill as drills
from tests.support.faults.drill import Drill
from tests.support.faults.scene import Scene

__all__ = ["app", "drill", "scene"]

FIGURE = "figure"
_drill_key = pytest.StashKey[Drill]()


@pytest.fixture
def drill(request: pytest.FixtureRequest) -> Drill:
    """This test's drill."""
    node = request.node

    def note(name: str, value: object) -> None:
        node.user_properties.append((FIGURE, f"{name}: {value}"))

    file = str(node.path.relative_to(request.config.rootpath))
    made = Drill(node.name, file, drills.is_full(), drills.seed(), note)
    node.stash[_drill_key] = made
    return made


@pytest.fixture(scope="session")
def scene() -> Iterator[Scene]:
    """Servers and processes that may be killed; drills keep apart by organizations of their own."""
    with Scene.opened() as made:
        yield made


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed and _drill_key in item.stash:
        report.sections.append(("have it again", item.stash[_drill_key].again))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """At full size the figures of every drill, as they stand in docs/drills.md."""
    if not drills.is_full():
        return
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            figures = [str(value) for name, value in report.user_properties if name == FIGURE]
            name = report.nodeid.rpartition("::")[2]
            terminalreporter.write_line(f"{name}: {outcome} in {report.duration:.0f} s; {'; '.join(figures)}")
