"""What one target must fulfil: a period long enough, values the KPI can have, milestones inside the period."""

from decimal import Decimal

from domain.calendar import Calendar, Period, finer
from domain.errors import Invalid
from domain.kpi.commands import WantedTarget
from domain.kpi.events import Definition, Direction, Kind, Milestone, Target
from domain.values import exact

MILESTONES_MAX = 60


def checked_target(wanted: WantedTarget, definition: Definition, calendar: Calendar, at: str) -> Target:
    """The target in its plain form, milestones in order of time; raises Invalid with pointers below `at`."""
    if finer(wanted.period.kind, definition.frequency):
        raise Invalid(
            "target-period-too-short",
            f"{at}/period {wanted.period} is shorter than the KPI's frequency, {definition.frequency}",
            f"{at}/period",
        )
    target = Target(
        _checked_value(wanted.target.target, definition, f"{at}/target"),
        _checked_optional(wanted.target.baseline, definition, f"{at}/baseline"),
        _checked_optional(wanted.target.stretch, definition, f"{at}/stretch"),
        _checked_milestones(wanted, definition, calendar, f"{at}/milestones"),
    )
    _check_stretch(target, definition.direction, f"{at}/stretch")
    return target


def _checked_optional(value: Decimal | None, definition: Definition, field: str) -> Decimal | None:
    return None if value is None else _checked_value(value, definition, field)


def _checked_value(value: Decimal, definition: Definition, field: str) -> Decimal:
    number = exact(value, field)
    low, high = _ends(definition)
    if low is not None and high is not None and not low <= number <= high:
        raise Invalid("out-of-range", f"{field} of a {definition.kind} KPI must be {low} to {high}", field)
    return number


def _ends(definition: Definition) -> tuple[Decimal | None, Decimal | None]:
    match definition.kind:
        case Kind.SURVEY:
            return definition.survey_low, definition.survey_high
        case Kind.ORDINAL:
            return Decimal(1), Decimal(len(definition.options))
        case Kind.FLOW | Kind.STOCK | Kind.RATIO | Kind.BINARY:
            return None, None


def _check_stretch(target: Target, direction: Direction, field: str) -> None:
    if target.stretch is None or direction is Direction.IN_RANGE:
        return
    beyond = target.stretch > target.target if direction is Direction.HIGHER else target.stretch < target.target
    if not beyond:
        raise Invalid(
            "stretch-not-beyond-target", f"{field} must lie beyond the target where {direction} is better", field
        )


def _checked_milestones(
    wanted: WantedTarget, definition: Definition, calendar: Calendar, field: str
) -> tuple[Milestone, ...]:
    """Milestones step through a longer period: each names a period inside it, of at least the KPI's frequency."""
    milestones = wanted.target.milestones
    if milestones and not finer(definition.frequency, wanted.period.kind):
        raise Invalid(
            "milestones-unfit", f"{field} are for periods longer than the frequency, {definition.frequency}", field
        )
    if len(milestones) > MILESTONES_MAX:
        raise Invalid("milestones-invalid", f"{field} may hold at most {MILESTONES_MAX}", field)
    checked = [
        Milestone(
            _checked_step(each.period, wanted.period, definition, calendar, f"{field}/{index}/period"),
            _checked_value(each.value, definition, f"{field}/{index}/value"),
        )
        for index, each in enumerate(milestones)
    ]
    if len({calendar.last_day(each.period) for each in checked}) != len(checked):
        raise Invalid("milestones-invalid", f"{field} must end on different days", field)
    return tuple(sorted(checked, key=lambda each: calendar.last_day(each.period)))


def _checked_step(step: Period, whole: Period, definition: Definition, calendar: Calendar, field: str) -> Period:
    inside = calendar.first_day(whole) <= calendar.last_day(step) <= calendar.last_day(whole)
    if finer(step.kind, definition.frequency) or not finer(step.kind, whole.kind) or not inside:
        raise Invalid(
            "milestones-invalid",
            f"{field} {step} must lie inside {whole} and be no shorter than the frequency, {definition.frequency}",
            field,
        )
    return step
