"""What the rules of each noun must know beyond their own stream: from Known to the context of a command."""

from collections.abc import Mapping, Sequence

from domain import streams
from domain.calendar import Period
from domain.in_force import in_force
from domain.kpi.commands import KpiCommand, KpiContext
from domain.kpi.state import TargetKnown
from domain.kpi_facts import facts
from domain.measurement.commands import MeasurementCommand, MeasurementContext
from domain.policy import DEFAULT_POLICY
from domain.scorecard import tree
from domain.scorecard.commands import CascadeEdge, ScorecardCommand, ScorecardContext
from domain.scorecard.decide import SCORECARD
from domain.scorecard.state import Scorecard
from domain.values import KpiId, ScorecardId
from services.known import Known
from tenants.access import OPERATOR
from tenants.organization.commands import OrganizationCommand, OrganizationContext, SetCalendar


def of_kpi(known: Known, command: KpiCommand) -> KpiContext:
    """The instant, the calendar, the periods in which this KPI has a value."""
    return KpiContext(known.as_of, known.calendar, known.values.periods_of([command.kpi]))


def of_scorecard(known: Known, command: ScorecardCommand) -> ScorecardContext:
    """The neighbours: KPIs, other scorecards and how they stand above each other, bands, measured periods.

    A value of a child scorecard's KPI is a value of this one as well.
    """
    card = known.state(SCORECARD, streams.scorecard_stream(command.scorecard))
    scorecards = known.scorecards()
    others: frozenset[CascadeEdge] = frozenset()
    return ScorecardContext(
        as_of=known.as_of,
        calendar=known.calendar,
        measured=known.values.periods_of(sorted(_kpis_that_count(card, scorecards))),
        known_kpis=known.kpis(),
        known_scorecards=frozenset(each.id for each in scorecards.values() if each.archived_after is None),
        bands=_bands(known),
        cascade=others.union(*(known.edges(each) for each in scorecards.values() if each.id != command.scorecard)),
    )


def of_organization(known: Known, command: OrganizationCommand) -> OrganizationContext:
    """The instant, every period with a value or a target, and who grants; the operator, who founds, is no member."""
    actor = known.actor
    grantor = None if actor.principal == OPERATOR and actor.key_id is None else actor
    aimed: frozenset[Period] = frozenset()
    if isinstance(command, SetCalendar):
        aimed = frozenset(target.period for kpi in known.kpis() for target in _targets(known, kpi))
    return OrganizationContext(known.as_of, known.values.all_periods(), grantor, aimed)


def _targets(known: Known, kpi: KpiId) -> Sequence[TargetKnown]:
    found = known.kpi(kpi)
    return found.targets if found is not None else ()


def of_measurement(known: Known, command: MeasurementCommand) -> MeasurementContext:
    """The KPI as it is in force for the period, and the values this one meets."""
    calendar = known.calendar
    kpi = known.kpi(command.kpi)
    return MeasurementContext(
        calendar=calendar,
        kpi=None if kpi is None else facts(kpi, calendar.last_day(command.period)),
        in_force=known.values.in_force(command),
        external=known.values.external(command),
        today=calendar.day_of(known.as_of),
    )


def _bands(known: Known) -> frozenset[str]:
    policy = in_force(known.policies, known.calendar.day_of(known.as_of)) or DEFAULT_POLICY
    return frozenset(band.name for band in policy.policy.bands)


def _kpis_that_count(card: Scorecard, scorecards: Mapping[ScorecardId, Scorecard]) -> frozenset[KpiId]:
    """Those ever placed in the scorecard, or in a version of one that was ever placed in it, however deep."""
    roots = [card.draft.root, *(version.card.root for version in card.versions)]
    found: set[KpiId] = set()
    seen = {card.id}
    while roots:
        root = roots.pop()
        found |= tree.placed_kpis(root)
        children = tree.placed_scorecards(root) - seen
        seen |= children
        below = (scorecards[child] for child in children if child in scorecards)
        roots += [version.card.root for child in below for version in child.versions]
    return frozenset(found)
