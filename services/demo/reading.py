"""Read what the demonstrations came to, by the queries of everyone: as of now, and as of an earlier position."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from uuid import UUID

from infra import clock
from projections import progress
from projections.balances import balance_at
from projections.current import tree_views
from projections.reader import Reader
from projections.views import NodeView, TreeView
from services.app import App
from services.demo import commands, company
from services.demo.account import CompanyScored, CompanyYear, HospitalScored
from services.demo.hospitals import Hospital
from services.demo.loading import corrected_at


def hospital_scored(app: App, hospital: Hospital, organization: UUID) -> HospitalScored:
    """The hospital's score."""
    period = commands.HOSPITAL_YEAR
    with _reader(app, organization) as reader:
        root = tree_views(reader, commands.HOSPITAL_SCORECARD, [period])[period].root
    if root is None:
        return HospitalScored(hospital, "empty", None, {})
    return HospitalScored(hospital, root.result.state, _decimal(root.result.raw_score), _perspectives(root))


def company_scored(app: App, organization: UUID) -> CompanyScored:
    """All years in force and under version 1, and the corrected year as it was known before the correction."""
    correction = corrected_at(app, organization)
    period = commands.year(company.TYPING_ERROR.year)
    with _reader(app, organization, known_at=correction - 1) as earlier:
        before = tree_views(earlier, commands.COMPANY_SCORECARD, [period])[period]
    with _reader(app, organization) as reader:
        years = [_company_year(reader, number) for number in company.YEARS]
    return CompanyScored(years, _total(before), correction)


def _company_year(reader: Reader, number: int) -> CompanyYear:
    scorecard, period = commands.COMPANY_SCORECARD, commands.year(number)
    in_force = tree_views(reader, scorecard, [period])[period]
    restated = tree_views(reader, scorecard, [period], 1)[period]
    balance = balance_at(reader, scorecard, period).balance
    names = {each.code: each.name for each in company.PERSPECTIVES}
    weakest = None if balance is None else balance.outcome.weakest
    return CompanyYear(
        year=number,
        perspectives={} if in_force.root is None else _perspectives(in_force.root),
        in_force=_total(in_force),
        version=in_force.version,
        version_1=_total(restated),
        balance=None if balance is None else _decimal(balance.outcome.value),
        weakest=None if weakest is None else names.get(weakest, weakest),
    )


def parked(app: App, organizations: Sequence[UUID]) -> int:
    """How many projections of these organizations stand before an event they cannot apply."""
    names = [projection.name for projection in app.projections]
    count = 0
    for organization in organizations:
        with app.database.transaction(organization) as connection:
            found = progress.live(connection, organization, names)
        count += sum(each.status == progress.PARKED for each in found.values())
    return count


@contextmanager
def _reader(app: App, organization: UUID, known_at: int | None = None) -> Iterator[Reader]:
    with app.database.transaction(organization) as connection:
        log = app.logs.bind(connection, organization)
        yield Reader(connection, organization, log, app.definitions, clock.now(), known_at)


def _perspectives(root: NodeView) -> Mapping[str, Decimal | None]:
    nodes = [child for child in root.children if isinstance(child, NodeView)]
    return {node.id: _decimal(node.result.raw_score) for node in nodes}


def _total(tree: TreeView) -> Decimal | None:
    return None if tree.root is None else _decimal(tree.root.result.raw_score)


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
