"""Every event a log can hold, under the name it is stored with: names never change, lines are only added."""

from domain.calendar import Period
from domain.kpi import events as kpi
from domain.measurement import events as measurement
from domain.scorecard import events as scorecard
from domain.values import FreeText
from infra.eventstore.codec import Codec, EventType
from tenants.organization import events as organization

ORGANIZATION_EVENTS = (
    EventType("organization-founded", 1, organization.OrganizationFounded),
    EventType("organization-renamed", 1, organization.OrganizationRenamed),
    EventType("calendar-set", 1, organization.CalendarSet),
    EventType("policy-set", 1, organization.PolicySet),
    EventType("api-key-issued", 1, organization.ApiKeyIssued),
    EventType("api-key-revoked", 1, organization.ApiKeyRevoked),
)

SCORECARD_EVENTS = (
    EventType("scorecard-created", 1, scorecard.ScorecardCreated),
    EventType("scorecard-renamed", 1, scorecard.ScorecardRenamed),
    EventType("vision-stated", 1, scorecard.VisionStated),
    EventType("perspective-added", 1, scorecard.PerspectiveAdded),
    EventType("perspective-renamed", 1, scorecard.PerspectiveRenamed),
    EventType("perspective-moved", 1, scorecard.PerspectiveMoved),
    EventType("perspective-removed", 1, scorecard.PerspectiveRemoved),
    EventType("objective-added", 1, scorecard.ObjectiveAdded),
    EventType("objective-reworded", 1, scorecard.ObjectiveReworded),
    EventType("objective-moved", 1, scorecard.ObjectiveMoved),
    EventType("objective-removed", 1, scorecard.ObjectiveRemoved),
    EventType("kpi-placed", 1, scorecard.KpiPlaced),
    EventType("kpi-unplaced", 1, scorecard.KpiUnplaced),
    EventType("child-scorecard-placed", 1, scorecard.ChildScorecardPlaced),
    EventType("child-scorecard-unplaced", 1, scorecard.ChildScorecardUnplaced),
    EventType("weights-set", 1, scorecard.WeightsSet),
    EventType("rollup-set", 1, scorecard.RollupSet),
    EventType("missing-data-set", 1, scorecard.MissingDataSet),
    EventType("objectives-linked", 1, scorecard.ObjectivesLinked),
    EventType("objectives-unlinked", 1, scorecard.ObjectivesUnlinked),
    EventType("parent-set", 1, scorecard.ParentSet),
    EventType("version-published", 1, scorecard.VersionPublished),
    EventType("scorecard-archived", 1, scorecard.ScorecardArchived),
)

KPI_EVENTS = (
    EventType("kpi-defined", 1, kpi.KpiDefined),
    EventType("kpi-redefined", 1, kpi.KpiRedefined),
    EventType("scale-set", 1, kpi.ScaleSet),
    EventType("target-set", 1, kpi.TargetSet),
    EventType("target-revised", 1, kpi.TargetRevised),
    EventType("owner-assigned", 1, kpi.OwnerAssigned),
    EventType("kpi-retired", 1, kpi.KpiRetired),
)

MEASUREMENT_EVENTS = (
    EventType("measurement-recorded", 1, measurement.MeasurementRecorded),
    EventType("measurement-corrected", 1, measurement.MeasurementCorrected),
    EventType("measurement-retracted", 1, measurement.MeasurementRetracted),
    EventType("value-declared-not-applicable", 1, measurement.ValueDeclaredNotApplicable),
)

EVENT_TYPES = (*ORGANIZATION_EVENTS, *SCORECARD_EVENTS, *KPI_EVENTS, *MEASUREMENT_EVENTS)


def codec() -> Codec:
    """The codec of all of them: periods are written by name, what people wrote is sealed."""
    return Codec(EVENT_TYPES, {Period: (_period_text, Period.parse)}, (FreeText,))


def _period_text(period: Period) -> str:
    return period.text
