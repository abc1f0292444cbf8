"""A draft becomes a version from a date on, without rewriting the past unsaid, and a scorecard ends.

In force is the version with the latest date on or before the last day; what rewrites an ended period must say so.
"""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from domain.errors import Invalid, Refused
from domain.policy import MissingData
from domain.scorecard.commands import (
    ArchiveScorecard,
    LinkObjectives,
    PublishVersion,
    RemovePerspective,
    RenameScorecard,
    SetMissingData,
    SetWeights,
    UnlinkObjectives,
    UnplaceKpi,
)
from domain.scorecard.events import (
    KpiPlaced,
    KpiUnplaced,
    NewPerspective,
    PerspectiveRemoved,
    Rollup,
    RollupRule,
    RollupSet,
    ScorecardArchived,
    ScorecardCreated,
    ScorecardEvent,
    VersionPublished,
    WeightsSet,
)
from domain.scorecard.limits import VERSIONS_MAX
from domain.scorecard.publishing import governs_until
from domain.scorecard.state import Scorecard
from domain.values import FreeText
from tests.domain.scorecard.scenario import (
    BUILT,
    CONTEXT,
    COST,
    CREATED,
    CUS,
    FIN,
    GROUP,
    GROW,
    LOYAL,
    ONE,
    SALES,
    ZERO,
    after,
    given,
    node_weight,
    periods,
    refusal,
    version,
    when,
)

V1 = version(1, "2026-01-01")
CHANGED = KpiPlaced(GROUP, LOYAL, COST, ONE)
MEASURED = replace(CONTEXT, measured=periods("2026-01", "2026-02"))
"""As of 15 April 2026."""


def publish(day: str, restatement: bool = False, reason: str | None = None) -> PublishVersion:
    return PublishVersion(GROUP, date.fromisoformat(day), restatement, reason)


def test_the_first_version_has_number_one_and_pins_the_draft() -> None:
    state = given(*BUILT)
    assert when(publish("2026-01-01"), state) == [VersionPublished(GROUP, 1, date(2026, 1, 1))]
    [pinned] = after(publish("2026-01-01"), state).versions
    assert (pinned.number, pinned.effective_from, pinned.position) == (1, date(2026, 1, 1), 100)
    assert pinned.card == state.draft


def test_numbers_follow_each_other_whatever_the_dates() -> None:
    state = given(*BUILT, V1, CHANGED, version(2, "2026-06-01"), KpiUnplaced(GROUP, LOYAL, COST))
    assert when(publish("2026-03-01"), given(*BUILT, V1, CHANGED))[0] == version(2, "2026-03-01")
    assert when(publish("2026-09-01"), state)[0] == version(3, "2026-09-01")


def test_a_version_stays_as_it_was_when_the_draft_goes_on() -> None:
    state = given(*BUILT, V1)
    assert after(UnplaceKpi(GROUP, GROW, SALES), state).versions == state.versions


@pytest.mark.parametrize("day", ["1899-12-31", "2201-01-01"])
def test_the_date_of_a_version_lies_in_the_calendar(day: str) -> None:
    assert refusal(Invalid, publish(day), given(*BUILT))[:2] == ("day-not-in-calendar", "/effective_from")


def test_every_day_is_the_first_of_a_period_and_may_start_a_version() -> None:
    assert when(publish("2026-03-14"), given(*BUILT))


def test_an_unchanged_draft_is_not_published_again() -> None:
    for day in ("2026-01-01", "2026-08-01"):
        code, field, _detail = refusal(Refused, publish(day), given(*BUILT, V1))
        assert (code, field) == ("nothing-to-publish", "/effective_from")


def test_a_draft_that_was_changed_and_changed_back_is_unchanged() -> None:
    state = given(*BUILT, V1, CHANGED, KpiUnplaced(GROUP, LOYAL, COST))
    state = after(LinkObjectives(GROUP, LOYAL, GROW), after(UnlinkObjectives(GROUP, LOYAL, GROW), state))
    state = after(SetWeights(GROUP, CUS, (node_weight("loyal", Decimal("1.0")),)), state)
    assert refusal(Refused, publish("2026-08-01"), state)[0] == "nothing-to-publish"


@pytest.mark.parametrize(
    "change", [RenameScorecard(GROUP, "New"), SetMissingData(GROUP, MissingData.ZERO), RemovePerspective(GROUP, CUS)]
)
def test_every_change_of_the_draft_can_be_published(
    change: RenameScorecard | SetMissingData | RemovePerspective,
) -> None:
    assert when(publish("2026-08-01"), after(change, given(*BUILT, V1)))


def test_the_draft_of_the_last_version_may_be_published_for_an_earlier_time_too() -> None:
    state = given(*BUILT, V1, CHANGED, version(2, "2026-06-01"))
    assert when(publish("2026-04-01"), state) == [version(3, "2026-04-01")]
    assert refusal(Refused, publish("2026-07-01"), state)[0] == "nothing-to-publish"


def test_a_future_version_is_withdrawn_by_publishing_the_former_tree_from_its_date() -> None:
    state = given(*BUILT, V1, CHANGED, version(2, "2026-06-01"), KpiUnplaced(GROUP, LOYAL, COST))
    assert when(publish("2026-06-01"), state) == [version(3, "2026-06-01")]
    assert refusal(Refused, publish("2026-05-01"), state)[0] == "nothing-to-publish"


def test_an_empty_tree_is_not_published() -> None:
    empty = given(CREATED, PerspectiveRemoved(GROUP, FIN), PerspectiveRemoved(GROUP, CUS))
    assert refusal(Refused, publish("2026-01-01"), empty)[0] == "empty-tree"


def test_a_tree_without_any_kpi_is_published_for_a_strategy_may_come_before_its_measures() -> None:
    assert when(publish("2026-01-01"), given(CREATED))


def test_a_tree_in_which_all_siblings_weigh_nothing_is_not_published() -> None:
    broken = given(*BUILT, WeightsSet(GROUP, CUS, (node_weight("loyal", ZERO), node_weight("fast", ZERO))))
    code, _field, detail = refusal(Refused, publish("2026-01-01"), broken)
    assert code == "all-weights-zero"
    assert "'cus'" in detail


def test_a_roll_up_that_names_a_band_the_policy_has_lost_is_not_published() -> None:
    state = given(*BUILT, RollupSet(GROUP, CUS, Rollup(RollupRule.ALL_AT_LEAST, level="green")))
    code, _field, detail = refusal(Refused, publish("2026-01-01"), state, replace(CONTEXT, bands=frozenset({"red"})))
    assert code == "band-unknown"
    assert "'cus'" in detail
    assert when(publish("2026-01-01"), state)


def test_the_first_version_never_restates_so_that_history_can_be_loaded() -> None:
    assert when(publish("2020-01-01"), given(*BUILT), MEASURED) == [version(1, "2020-01-01")]


def test_a_version_before_any_data_never_restates() -> None:
    assert when(publish("2025-01-01"), given(*BUILT, V1, CHANGED)) == [version(2, "2025-01-01")]


def test_a_version_that_rewrites_an_ended_measured_period_must_say_so() -> None:
    code, field, detail = refusal(Refused, publish("2026-02-01"), given(*BUILT, V1, CHANGED), MEASURED)
    assert (code, field) == ("restatement-unmarked", "/restatement")
    assert "2026-02" in detail


@pytest.mark.parametrize("reason", [None, " "])
def test_a_restatement_needs_a_reason(reason: str | None) -> None:
    command = publish("2026-02-01", restatement=True, reason=reason)
    code, field, _detail = refusal(Invalid, command, given(*BUILT, V1, CHANGED), MEASURED)
    assert (code, field) == ("reason-missing" if reason is None else "text-empty", "/reason")


def test_a_restatement_that_says_so_with_a_reason_is_published_and_flagged() -> None:
    command = publish("2026-02-01", restatement=True, reason=" Wrong weights ")
    state = given(*BUILT, V1, CHANGED)
    assert when(command, state, MEASURED) == [
        VersionPublished(GROUP, 2, date(2026, 2, 1), True, FreeText("Wrong weights"))
    ]
    assert after(command, state, MEASURED).versions[1].restatement


def test_a_period_that_has_not_ended_is_not_restated() -> None:
    """2026-04 holds a value and runs until the end of 30 April; no ended longer period holds it."""
    open_only = replace(CONTEXT, measured=periods("2026-04"))
    assert when(publish("2026-04-01"), given(*BUILT, V1, CHANGED), open_only) == [version(2, "2026-04-01")]


def test_an_ended_quarter_is_restated_by_a_version_from_its_last_month_on() -> None:
    code, _field, detail = refusal(Refused, publish("2026-03-01"), given(*BUILT, V1, CHANGED), MEASURED)
    assert code == "restatement-unmarked"
    assert "2026-Q1" in detail


def test_calling_a_version_a_restatement_that_is_none_keeps_the_reason_and_flags_nothing() -> None:
    [event] = when(publish("2026-05-01", True, "New year"), given(*BUILT, V1, CHANGED), MEASURED)
    assert event == VersionPublished(GROUP, 2, date(2026, 5, 1), False, FreeText("New year"))


def test_a_version_with_an_earlier_date_governs_only_up_to_the_next_one() -> None:
    """2026-01 and 2026-02 have values; the second version already governs from 2026-01 on."""
    state = given(*BUILT, V1, CHANGED)
    assert when(publish("2025-10-01"), state, MEASURED) == [version(2, "2025-10-01")]
    assert governs_until(state.versions, date(2025, 10, 1)) == date(2026, 1, 1)
    assert governs_until(state.versions, date(2026, 1, 1)) is None
    assert governs_until((), date(2026, 1, 1)) is None


def test_versions_have_a_named_maximum() -> None:
    many = [version(number, "2026-01-01") for number in range(1, VERSIONS_MAX + 1)]
    assert refusal(Refused, publish("2026-08-01"), given(*BUILT, *many, CHANGED))[0] == "too-many-versions"
    assert when(publish("2026-08-01"), given(*BUILT, *many[1:], CHANGED))


def archive(day: str, reason: str | None = None) -> ArchiveScorecard:
    return ArchiveScorecard(GROUP, date.fromisoformat(day), reason)


def test_a_scorecard_is_archived_after_its_last_day() -> None:
    event = ScorecardArchived(GROUP, date(2026, 12, 31), FreeText("Merged"))
    assert when(archive("2026-12-31", " Merged "), given(*BUILT, V1), MEASURED) == [event]
    assert given(*BUILT, V1, event).archived_after == date(2026, 12, 31)


def test_the_last_day_of_a_scorecard_cuts_off_no_ended_period_that_has_values() -> None:
    """The values lie in January and February; the quarter that holds them ended on 31 March."""
    code, field, detail = refusal(Refused, archive("2026-03-30"), given(*BUILT, V1), MEASURED)
    assert (code, field) == ("last-day-too-early", "/last_day")
    assert "2026-03-31" in detail
    assert when(archive("2026-03-31"), given(*BUILT, V1), MEASURED)


def test_a_scorecard_never_published_is_archived_on_any_day() -> None:
    assert when(archive("2020-01-01"), given(*BUILT), MEASURED)


def test_the_last_day_lies_in_the_calendar() -> None:
    assert refusal(Invalid, archive("1800-01-01"), given(*BUILT))[:2] == ("day-not-in-calendar", "/last_day")


def worked() -> Scorecard:
    """A and B at 50/50, then at 75/25."""
    both = ScorecardCreated(GROUP, "Case", (NewPerspective(FIN, "Financial"),))
    events: list[ScorecardEvent] = [both, KpiPlaced(GROUP, FIN, SALES, Decimal(50)), KpiPlaced(GROUP, FIN, COST, ONE)]
    return given(*events, V1)


def test_the_second_version_of_the_worked_case_is_a_restatement_only_once_february_has_ended() -> None:
    state = after(RenameScorecard(GROUP, "Changed"), worked())
    known = replace(CONTEXT, measured=periods("2026-01", "2026-02"))
    in_february = replace(known, as_of=CONTEXT.as_of.replace(month=2))
    assert when(publish("2026-02-01"), state, in_february) == [version(2, "2026-02-01")]
    assert refusal(Refused, publish("2026-02-01"), state, known)[0] == "restatement-unmarked"
