"""Setting and revising targets: the last one known counts, a revision says why, lateness is flagged."""

from collections.abc import Iterator, Sequence

from domain.calendar import Period
from domain.errors import Invalid, Refused
from domain.kpi.commands import KpiContext, SetTargets, WantedTarget
from domain.kpi.events import KpiEvent, PeriodTarget, Target, TargetRevised, TargetSet
from domain.kpi.state import Kpi, definition_for
from domain.kpi.target_rules import checked_target
from domain.values import free_text

TARGETS_PER_COMMAND_MAX = 1_000
TARGETS_MAX = 20_000
"""Periods of one KPI that may have a target."""


def targets_set(command: SetTargets, kpi: Kpi, context: KpiContext) -> Sequence[KpiEvent]:
    """One TargetSet for the periods that had none, a TargetRevised for each that had another target.

    Raises Invalid `targets-invalid`, `reason-missing` for a revision without one, whatever the rules of one target
    refuse, and Refused `kpi-retired`, `too-many-targets`.
    """
    known = {each.period: each.target for each in kpi.targets}
    wanted = _checked_series(command.targets, kpi, context)
    new = {period: target for period, target in wanted.items() if period not in known}
    changed = {period: target for period, target in wanted.items() if known.get(period, target) != target}
    if len(known) + len(new) > TARGETS_MAX:
        raise Refused("too-many-targets", f"a KPI may have targets for at most {TARGETS_MAX} periods", "/targets")
    reason = free_text(command.reason) if command.reason is not None else None
    events: list[KpiEvent] = []
    if new:
        events.append(TargetSet(kpi.id, tuple(_first(new, context)), reason))
    for period, target in changed.items():
        if reason is None:
            raise Invalid("reason-missing", f"/reason must be given: {period} has another target", "/reason")
        late = context.calendar.ended(period, context.as_of)
        events.append(TargetRevised(kpi.id, period, known[period], target, late, reason))
    return events


def _checked_series(wanted: Sequence[WantedTarget], kpi: Kpi, context: KpiContext) -> dict[Period, Target]:
    """The targets by period, in order of the period's name."""
    if not 1 <= len(wanted) <= TARGETS_PER_COMMAND_MAX:
        raise Invalid("targets-invalid", f"/targets must hold 1 to {TARGETS_PER_COMMAND_MAX} targets", "/targets")
    series: dict[Period, Target] = {}
    for index, each in enumerate(wanted):
        at = f"/targets/{index}"
        if each.period in series:
            raise Invalid("targets-invalid", f"{at}/period {each.period} stands there twice", f"{at}/period")
        series[each.period] = _checked_one(each, kpi, context, at)
    return dict(sorted(series.items(), key=lambda item: item[0].text))


def _checked_one(wanted: WantedTarget, kpi: Kpi, context: KpiContext, at: str) -> Target:
    last_day = context.calendar.last_day(wanted.period)
    if kpi.retired_after is not None and last_day > kpi.retired_after:
        raise Refused("kpi-retired", f"{at}/period ends after {kpi.retired_after}, the KPI's last day", f"{at}/period")
    known = definition_for(kpi, last_day)
    assert known is not None, "the KPI is defined"
    return checked_target(wanted, known.definition, context.calendar, at)


def _first(new: dict[Period, Target], context: KpiContext) -> Iterator[PeriodTarget]:
    """Late is a first target after the period's last day for a period whose value is known."""
    calendar = context.calendar
    measured = {ancestor for each in context.measured for ancestor in calendar.ancestors(each)}
    for period, target in new.items():
        yield PeriodTarget(period, target, late=period in measured and calendar.ended(period, context.as_of))
