"""Eight events, two versions, two months: every score, known at every position."""

from datetime import date
from decimal import Decimal

import pytest

from domain.errors import NotFound
from domain.scorecard.state import Scorecard
from domain.scoring.inputs import Definitions, Values
from domain.scoring.tree import State
from tests.domain.scoring.build import definitions, kpis, root, scorecard, scored, values, version

V1 = version(1, root(placed={"A": 50, "B": 50}), date(2026, 1, 1), 1)
V2 = version(2, root(placed={"A": 75, "B": 25}), date(2026, 2, 1), 6)


def known_at(position: int) -> tuple[Definitions, Values]:
    """What the log holds up to that position."""
    card: Scorecard = scorecard(V1, V2) if position >= 6 else scorecard(V1)
    a = {"2026-01": 50 if position >= 5 else 60}
    b: dict[str, int] = {}
    if 3 <= position < 8:
        b["2026-01"] = 80
    if position >= 4:
        a["2026-02"] = 70
    if position >= 7:
        b["2026-02"] = 90
    return definitions(card, kpis("A", "B")), values({"A": a, "B": b})


CELLS = [
    (3, "2026-01", "in_force", 1, "70", State.COMPLETE, "1"),
    (3, "2026-02", "in_force", 1, None, State.EMPTY, "0"),
    (3, "2026-02", 1, 1, None, State.EMPTY, "0"),
    (4, "2026-01", "in_force", 1, "70", State.COMPLETE, "1"),
    (4, "2026-02", "in_force", 1, "70", State.INCOMPLETE, "0.5"),
    (4, "2026-02", 1, 1, "70", State.INCOMPLETE, "0.5"),
    (5, "2026-01", "in_force", 1, "65", State.COMPLETE, "1"),
    (5, "2026-02", "in_force", 1, "70", State.INCOMPLETE, "0.5"),
    (5, "2026-02", 1, 1, "70", State.INCOMPLETE, "0.5"),
    (6, "2026-01", "in_force", 1, "65", State.COMPLETE, "1"),
    (6, "2026-01", 2, 2, "57.5", State.COMPLETE, "1"),
    (6, "2026-02", "in_force", 2, "70", State.INCOMPLETE, "0.75"),
    (6, "2026-02", 1, 1, "70", State.INCOMPLETE, "0.5"),
    (7, "2026-01", "in_force", 1, "65", State.COMPLETE, "1"),
    (7, "2026-01", 2, 2, "57.5", State.COMPLETE, "1"),
    (7, "2026-02", "in_force", 2, "75", State.COMPLETE, "1"),
    (7, "2026-02", 1, 1, "80", State.COMPLETE, "1"),
    (8, "2026-01", "in_force", 1, "50", State.INCOMPLETE, "0.5"),
    (8, "2026-01", 2, 2, "50", State.INCOMPLETE, "0.75"),
    (8, "2026-02", "in_force", 2, "75", State.COMPLETE, "1"),
    (8, "2026-02", 1, 1, "80", State.COMPLETE, "1"),
]


@pytest.mark.parametrize(("position", "period", "under", "shown_version", "score", "state", "coverage"), CELLS)
def test_each_cell_is_what_was_known_then(
    position: int,
    period: str,
    under: int | str,
    shown_version: int,
    score: str | None,
    state: State,
    coverage: str,
) -> None:
    tree = scored(*known_at(position), period, version=under if isinstance(under, int) else "in_force")
    assert tree.root is not None
    assert tree.version == shown_version
    assert tree.root.score == (None if score is None else Decimal(score))
    assert (tree.root.state, tree.root.coverage) == (state, Decimal(coverage))


@pytest.mark.parametrize("position", [3, 4, 5])
def test_a_version_not_yet_known_is_not_there(position: int) -> None:
    with pytest.raises(NotFound, match="version-unknown"):
        scored(*known_at(position), "2026-01", version=2)


def test_a_quarter_with_a_new_version_from_its_second_month_is_scored_wholly_under_it() -> None:
    tree = scored(*known_at(7), "2026-Q1")
    assert tree.root is not None
    assert (tree.version, tree.root.raw_score) == (2, Decimal("66.25"))
    restated = scored(*known_at(7), "2026-Q1", version=1)
    assert restated.root is not None
    assert restated.root.raw_score == Decimal("72.5")


@pytest.mark.parametrize(
    ("as_of", "coverage", "partial"), [("2026-03-01", 1, True), ("2026-03-31", 1, True), ("2026-04-01", None, False)]
)
def test_coverage_of_a_quarter_depends_on_the_day_and_its_score_does_not(
    as_of: str, coverage: int | None, partial: bool
) -> None:
    tree = scored(*known_at(7), "2026-Q1", as_of)
    assert tree.root is not None
    assert (tree.root.raw_score, tree.partial, tree.day_dependent) == (Decimal("66.25"), partial, partial)
    two_thirds = Decimal(2) / 3
    assert tree.root.coverage is not None
    assert abs(tree.root.coverage - (two_thirds if coverage is None else coverage)) < Decimal("1e-27")


def test_a_month_never_depends_on_the_day() -> None:
    early, late = scored(*known_at(4), "2026-02", "2026-02-10"), scored(*known_at(4), "2026-02", "2030-01-01")
    assert early.root == late.root
    assert (early.partial, early.day_dependent, late.partial) == (True, False, False)
