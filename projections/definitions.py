"""Every definition of an organization at any position: a fold of its definition events.

Measurements are facts and change no definition, so one fold serves every position up to the next definition event.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from domain import streams
from domain.calendar import Calendar
from domain.kpi.events import KpiEvent
from domain.kpi.evolve import evolve as evolve_kpi
from domain.kpi.evolve import initial as initial_kpi
from domain.policy import PolicyKnown
from domain.scorecard.events import ScorecardEvent
from domain.scorecard.evolve import evolve as evolve_scorecard
from domain.scorecard.evolve import initial as initial_scorecard
from domain.scoring.inputs import Definitions
from domain.values import KpiId, ScorecardId
from infra.eventstore.log import Recorded
from tenants.organization.events import ApiKeyIssued, ApiKeyRevoked, CalendarSet, OrganizationEvent, PolicySet
from tenants.organization.evolve import evolve as evolve_organization
from tenants.organization.state import Organization

NOTHING_DEFINED = Definitions(Calendar(), (), {}, {})


def fold(definitions: Definitions, events: Iterable[Recorded]) -> Definitions:
    """The definitions after these events, which follow them in the log; facts among them change nothing."""
    kpis, scorecards = dict(definitions.kpis), dict(definitions.scorecards)
    calendar, policies = definitions.calendar, definitions.policies
    for recorded in events:
        code, event, position = streams.code_of(recorded.stream), recorded.event, recorded.position
        if isinstance(event, KpiEvent):
            kpis[KpiId(code)] = evolve_kpi(kpis.get(KpiId(code)) or initial_kpi(code), event, position)
        elif isinstance(event, ScorecardEvent):
            before = scorecards.get(ScorecardId(code)) or initial_scorecard(code)
            scorecards[ScorecardId(code)] = evolve_scorecard(before, event, position)
        elif isinstance(event, CalendarSet):
            calendar = event.calendar
        elif isinstance(event, PolicySet):
            known = PolicyKnown(event.policy, event.effective_from, position, event.restatement)
            policies = (*policies, known)
    return Definitions(calendar, policies, kpis, scorecards)


@dataclass(frozen=True, slots=True)
class Folded:
    """What all definition events up to a position come to.

    `organization` has no keys, which may be many and which only commands about keys ask for. `versions` is the last
    version of each KPI's and scorecard's stream: whoever decides on these states goes on from there.
    """

    definitions: Definitions
    organization: Organization
    versions: Mapping[str, int]
    events: int


NOTHING_FOLDED = Folded(NOTHING_DEFINED, Organization(), {}, 0)


def fold_on(before: Folded, events: Sequence[Recorded]) -> Folded:
    """The same after these events, which follow in the log."""
    versions, organization = dict(before.versions), before.organization
    for recorded in events:
        event = recorded.event
        if isinstance(event, KpiEvent | ScorecardEvent):
            versions[recorded.stream] = recorded.version
        elif isinstance(event, OrganizationEvent) and not isinstance(event, ApiKeyIssued | ApiKeyRevoked):
            organization = evolve_organization(organization, event, recorded.position)
    return Folded(fold(before.definitions, events), organization, versions, before.events + len(events))
