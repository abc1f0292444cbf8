"""Founding, naming, calendar and policies of an organization."""

from dataclasses import replace
from datetime import date

import pytest

from domain.calendar import Calendar, Period
from domain.policy import Band, MissingData, Policy
from domain.values import FreeText
from tenants.access import Role
from tenants.organization.commands import (
    FoundOrganization,
    IssueApiKey,
    OrganizationCommand,
    RenameOrganization,
    RevokeApiKey,
    SetCalendar,
    SetPolicy,
)
from tenants.organization.events import (
    CalendarSet,
    OrganizationEvent,
    OrganizationFounded,
    OrganizationRenamed,
    PolicySet,
)
from tests.tenants.organization.given import FOUNDED, context, organization, refusal, when

APRIL = Calendar(start_month=4)
ZERO = Policy(missing_data=MissingData.ZERO)
EVEN = Policy(missing_data=MissingData.EVEN)
JANUARY = date(2026, 1, 1)


def test_an_organization_is_founded_with_or_without_a_calendar() -> None:
    assert when([], FoundOrganization("acme", " Acme ")) == [OrganizationFounded("acme", "Acme")]
    assert when([], FoundOrganization("acme", "Acme", APRIL)) == [FOUNDED, CalendarSet(APRIL)]


def test_an_organization_is_founded_once() -> None:
    assert refusal([FOUNDED], FoundOrganization("other", "Other")) == ("organization-exists", "/code")


@pytest.mark.parametrize(
    "command",
    [
        RenameOrganization("x"),
        SetCalendar(APRIL),
        SetPolicy(ZERO, JANUARY),
        IssueApiKey("k", "k", "ann", Role.OWNER),
        RevokeApiKey("k"),
    ],
)
def test_nothing_happens_to_an_organization_that_was_not_founded(command: OrganizationCommand) -> None:
    assert refusal([], command)[0] == "organization-unknown"


def test_a_code_and_a_calendar_are_checked_at_founding() -> None:
    assert refusal([], FoundOrganization("a b", "Acme")) == ("code-invalid", "/code")
    assert refusal([], FoundOrganization("a", "Acme", Calendar(start_month=13))) == ("out-of-range", "/start_month")


def test_the_same_name_again_changes_nothing() -> None:
    assert when([FOUNDED], RenameOrganization("Acme Ltd")) == [OrganizationRenamed("Acme Ltd")]
    assert when([FOUNDED], RenameOrganization("Acme")) == []


def test_a_calendar_may_change_until_a_value_exists() -> None:
    assert when([FOUNDED], SetCalendar(APRIL)) == [CalendarSet(APRIL)]
    assert when([FOUNDED, CalendarSet(APRIL)], SetCalendar(APRIL)) == []


def test_once_a_value_exists_start_month_and_naming_are_fixed_and_the_zone_is_not() -> None:
    history: list[OrganizationEvent] = [FOUNDED, CalendarSet(APRIL)]
    known = context("2026-01")
    assert refusal(history, SetCalendar(Calendar()), known) == ("calendar-fixed", "/start_month")
    by_start = replace(APRIL, year_named_by="start")
    assert refusal(history, SetCalendar(by_start), known) == ("calendar-fixed", "/year_named_by")
    paris = replace(APRIL, time_zone="Europe/Paris")
    assert when(history, SetCalendar(paris), known) == [CalendarSet(paris)]


@pytest.mark.parametrize("aimed", ["2026-Q1", "2026-H1", "2026"])
def test_a_target_for_a_part_of_the_fiscal_year_fixes_the_calendar_too(aimed: str) -> None:
    known = replace(context(), aimed=frozenset({Period.parse("2026-01"), Period.parse(aimed)}))
    assert refusal([FOUNDED], SetCalendar(APRIL), known) == ("calendar-fixed", "/start_month")
    only_months = replace(context(), aimed=frozenset({Period.parse("2026-01"), Period.parse("2026-W03")}))
    assert when([FOUNDED], SetCalendar(APRIL), only_months) == [CalendarSet(APRIL)]


def test_a_zone_that_is_not_in_the_data_is_refused() -> None:
    for zone in ("Mars/Olympus", "../etc/passwd", "", "Europe"):
        assert refusal([FOUNDED], SetCalendar(Calendar(time_zone=zone))) == ("time-zone-unknown", "/time_zone")


def test_a_policy_before_any_value_is_no_restatement() -> None:
    assert when([FOUNDED], SetPolicy(ZERO, JANUARY)) == [PolicySet(ZERO, JANUARY)]


def test_the_policy_in_force_set_again_changes_nothing_and_neither_does_the_built_in_one() -> None:
    assert when([FOUNDED], SetPolicy(Policy(), JANUARY)) == []
    assert when([FOUNDED, PolicySet(ZERO, JANUARY)], SetPolicy(ZERO, date(2026, 2, 1))) == []


def test_a_policy_that_breaks_a_rule_is_refused() -> None:
    assert refusal([FOUNDED], SetPolicy(Policy(bands=(Band("red", ZERO.minimum_coverage),)), JANUARY)) == (
        "bands-invalid",
        "/bands/0/lower",
    )
    assert refusal([FOUNDED], SetPolicy(ZERO, date(1, 1, 1))) == ("day-not-in-calendar", "/effective_from")


def test_even_the_first_policy_restates_what_the_built_in_one_scored() -> None:
    known = context("2026-01")
    assert refusal([FOUNDED], SetPolicy(ZERO, JANUARY), known) == ("restatement-unmarked", "/restatement")
    marked = SetPolicy(ZERO, JANUARY, restatement=True, reason="Agreed in December.")
    assert when([FOUNDED], marked, known) == [PolicySet(ZERO, JANUARY, True, FreeText("Agreed in December."))]


def test_a_policy_from_today_restates_nothing_of_the_ended_quarter() -> None:
    assert when([FOUNDED], SetPolicy(ZERO, date(2026, 4, 1)), context("2026-01")) == [PolicySet(ZERO, date(2026, 4, 1))]


def test_a_policy_before_a_known_later_one_restates_only_the_periods_between() -> None:
    history: list[OrganizationEvent] = [FOUNDED, PolicySet(ZERO, date(2026, 2, 1))]
    known = context("2026-02", "2026-03")
    assert when(history, SetPolicy(EVEN, JANUARY), known) == [PolicySet(EVEN, JANUARY)]
    assert refusal(history, SetPolicy(EVEN, JANUARY), context("2026-01"))[0] == "restatement-unmarked"


def test_the_state_keeps_every_policy_with_its_position() -> None:
    state = organization(FOUNDED, PolicySet(ZERO, JANUARY), OrganizationRenamed("B"), PolicySet(EVEN, JANUARY, True))
    assert [(known.position, known.restatement) for known in state.policies] == [(2, False), (4, True)]
    assert (state.code, state.name) == ("acme", "B")
