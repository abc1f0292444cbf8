"""Read what the demonstrations came to: stored scores as everyone reads them, and earlier knowledge by replay."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from uuid import UUID

import msgspec
from sqlalchemy import select

from domain.calendar import Period
from domain.scoring.balance import balance
from domain.scoring.inputs import VersionChoice
from domain.scoring.score import needed, score
from domain.scoring.tree import ScoreTree
from domain.values import ScorecardId, plain, q
from projections import progress, readings
from projections.scores import NAME, score_table
from projections.views import NodeView, TreeView
from services.app import App
from services.demo import commands, company
from services.demo.account import CompanyScored, CompanyYear, HospitalScored
from services.demo.hospitals import Hospital
from services.demo.loading import corrected_at


def hospital_scored(app: App, hospital: Hospital, organization: UUID) -> HospitalScored:
    """The hospital's stored score."""
    tree = _stored(app, organization, commands.HOSPITAL_SCORECARD, commands.HOSPITAL_YEAR)
    if tree is None or tree.root is None:
        return HospitalScored(hospital, "empty", None, {})
    result = tree.root.result
    return HospitalScored(hospital, result.state, _decimal(result.raw_score), _perspectives(tree.root))


def company_scored(app: App, organization: UUID) -> CompanyScored:
    """The stored scores of all years, those under version 1, and that of the corrected year as it was known before."""
    with app.database.transaction(organization) as connection:
        now = app.logs.bind(connection, organization).head().position
    correction = corrected_at(app, organization)
    before = _known(app, organization, commands.year(company.TYPING_ERROR.year), correction - 1, 1)
    years = [_company_year(app, organization, number, now) for number in company.YEARS]
    return CompanyScored(years, _raw(before), correction)


def _company_year(app: App, organization: UUID, number: int, now: int) -> CompanyYear:
    period = commands.year(number)
    stored = _stored(app, organization, commands.COMPANY_SCORECARD, period)
    in_force = _known(app, organization, period, now, "in_force")
    with app.database.transaction(organization) as connection:
        definitions = app.definitions.at(app.logs.bind(connection, organization), now)
    outcome = balance(definitions, in_force).outcome
    names = {each.code: each.name for each in company.PERSPECTIVES}
    root = None if stored is None else stored.root
    return CompanyYear(
        year=number,
        perspectives={} if root is None else _perspectives(root),
        in_force=None if root is None else _decimal(root.result.raw_score),
        version=None if stored is None else stored.version,
        version_1=_raw(_known(app, organization, period, now, 1)),
        balance=None if outcome.value is None else plain(q(outcome.value)),
        weakest=None if outcome.weakest is None else names.get(outcome.weakest, outcome.weakest),
    )


def _stored(app: App, organization: UUID, scorecard: ScorecardId, period: Period) -> TreeView | None:
    with app.database.transaction(organization) as connection:
        generation = progress.live(connection, organization, [NAME])[NAME].generation
        row = connection.execute(
            select(score_table.c.tree).where(
                score_table.c.tenant_id == organization,
                score_table.c.generation == generation,
                score_table.c.scorecard == scorecard,
                score_table.c.period == period.text,
            )
        ).one_or_none()
    return None if row is None else msgspec.json.decode(row.tree, type=TreeView)


def _known(app: App, organization: UUID, period: Period, position: int, version: VersionChoice) -> ScoreTree:
    """The score by what was known at a position, under a version."""
    scorecard = commands.COMPANY_SCORECARD
    with app.database.transaction(organization) as connection:
        definitions = app.definitions.at(app.logs.bind(connection, organization), position)
        generation = progress.live(connection, organization, [readings.NAME])[readings.NAME].generation
        cells = needed(definitions, scorecard, period, version)
        values = readings.values_as_of(connection, organization, generation, cells, position)
    return score(definitions, values, scorecard, period, definitions.calendar.ends_at(period), version)


def _perspectives(root: NodeView) -> Mapping[str, Decimal | None]:
    nodes = [child for child in root.children if isinstance(child, NodeView)]
    return {node.id: _decimal(node.result.raw_score) for node in nodes}


def _raw(tree: ScoreTree) -> Decimal | None:
    return None if tree.root is None or tree.root.raw_score is None else plain(q(tree.root.raw_score))


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def parked(app: App, organizations: Sequence[UUID]) -> int:
    """How many projections of these organizations stand before an event they cannot apply."""
    names = [projection.name for projection in app.projections]
    count = 0
    for organization in organizations:
        with app.database.transaction(organization) as connection:
            found = progress.live(connection, organization, names)
        count += sum(each.status == progress.PARKED for each in found.values())
    return count
