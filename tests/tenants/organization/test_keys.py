"""Keys: nobody grants more than they have, somebody can always let others in."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from domain.values import FreeText, KpiId
from tenants.access import KEYLESS, Actor, Role, Scope
from tenants.organization.commands import IssueApiKey, OrganizationContext, RevokeApiKey
from tenants.organization.events import ApiKeyIssued, ApiKeyRevoked, OrganizationEvent
from tenants.organization.keys import LIVE_KEYS_MAX
from tests.tenants.organization.given import FOUNDED, context, grantor, key, organization, refusal, when

NEXT_YEAR = datetime(2027, 1, 1, tzinfo=UTC)
VIEWER = IssueApiKey("k1", " Wall screen ", "screen-1", Role.VIEWER)


def test_a_key_is_issued_with_what_it_may_and_never_with_the_key_itself() -> None:
    command = IssueApiKey(
        "k1",
        " ERP ",
        "erp",
        Role.CONTRIBUTOR,
        frozenset({Scope.READ, Scope.INGEST}),
        frozenset({KpiId("b"), KpiId("a")}),
        datetime(2027, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))),
    )
    assert when([FOUNDED], command) == [
        ApiKeyIssued(
            "k1",
            FreeText("ERP"),
            "erp",
            Role.CONTRIBUTOR,
            (Scope.INGEST, Scope.READ),
            (KpiId("a"), KpiId("b")),
            NEXT_YEAR,
        )
    ]


@pytest.mark.parametrize(
    ("command", "code", "field"),
    [
        (replace(VIEWER, key_id="a b"), "code-invalid", "/key_id"),
        (replace(VIEWER, principal="Jane Doe"), "code-invalid", "/principal"),
        (replace(VIEWER, name=""), "text-empty", "/name"),
        (replace(VIEWER, expires_at=datetime(2026, 4, 1, tzinfo=UTC)), "expiry-not-ahead", "/expires_at"),
        (replace(VIEWER, expires_at=NEXT_YEAR.replace(tzinfo=None)), "expiry-not-ahead", "/expires_at"),
        (replace(VIEWER, role=Role.AUDITOR), "expiry-missing", "/expires_at"),
        (replace(VIEWER, kpis=frozenset({KpiId("a b")})), "code-invalid", "/kpis/0"),
        (replace(VIEWER, kpis=frozenset(KpiId(f"k{n}") for n in range(501))), "kpis-invalid", "/kpis"),
    ],
)
def test_a_key_that_breaks_a_rule_is_refused_by_name(command: IssueApiKey, code: str, field: str) -> None:
    assert refusal([FOUNDED], command) == (code, field)


def test_an_id_of_a_key_is_used_once_for_ever() -> None:
    history: list[OrganizationEvent] = [FOUNDED, key("k0"), key("k1", Role.VIEWER), ApiKeyRevoked("k1")]
    assert refusal(history, VIEWER) == ("key-exists", "/key_id")


@pytest.mark.parametrize(
    ("by", "wanted", "field"),
    [
        (grantor(Role.ADMIN), replace(VIEWER, role=Role.OWNER), "role"),
        (grantor(Role.STRATEGIST), replace(VIEWER, role=Role.ADMIN), "role"),
        (grantor(Role.OWNER, Scope.ADMIN), VIEWER, "scopes"),
        (grantor(Role.OWNER, Scope.ADMIN), replace(VIEWER, scopes=frozenset({Scope.AUDIT})), "scopes"),
        (grantor(kpis=("sales",)), VIEWER, "kpis"),
        (grantor(kpis=("sales",)), replace(VIEWER, kpis=frozenset({KpiId("costs")})), "kpis"),
    ],
)
def test_nobody_grants_more_than_they_have(by: Actor, wanted: IssueApiKey, field: str) -> None:
    assert refusal([FOUNDED], wanted, context(by=by)) == ("grant-exceeds-own", f"/{field}")


def test_within_ones_own_everything_can_be_granted() -> None:
    assert when([FOUNDED], replace(VIEWER, role=Role.OWNER), context(by=grantor(Role.OWNER)))
    assert when([FOUNDED], replace(VIEWER, role=Role.ADMIN), context(by=grantor(Role.ADMIN)))
    narrow = replace(VIEWER, scopes=frozenset({Scope.READ}), kpis=frozenset({KpiId("sales")}))
    assert when([FOUNDED], narrow, context(by=grantor(Role.OWNER, Scope.READ, Scope.ADMIN, kpis=("sales", "costs"))))


def test_the_operator_grants_the_first_key_of_a_founded_organization() -> None:
    first = replace(VIEWER, role=Role.OWNER)
    assert when([FOUNDED], first, OrganizationContext(context().as_of, frozenset(), None))


def test_live_keys_have_a_limit_and_revoked_ones_do_not_count() -> None:
    many = [key(f"x{n}", Role.VIEWER) for n in range(LIVE_KEYS_MAX)]
    assert refusal([FOUNDED, *many], VIEWER)[0] == "too-many-keys"
    assert when([FOUNDED, *many, ApiKeyRevoked("x0")], VIEWER)


def test_a_key_is_revoked_once() -> None:
    history: list[OrganizationEvent] = [FOUNDED, key("k0"), key("k1", Role.VIEWER)]
    revoked = ApiKeyRevoked("k1", FreeText("Leaked."))
    assert when(history, RevokeApiKey("k1", "Leaked.")) == [revoked]
    assert refusal([*history, revoked], RevokeApiKey("k1")) == ("key-revoked", "/key_id")
    assert refusal(history, RevokeApiKey("k9")) == ("key-unknown", "/key_id")


def test_the_last_key_of_an_owner_stays() -> None:
    assert refusal([FOUNDED, key("k0"), key("k1", Role.ADMIN)], RevokeApiKey("k0")) == ("last-owner", "/key_id")
    assert when([FOUNDED, key("k0"), key("k1")], RevokeApiKey("k0")) == [ApiKeyRevoked("k0")]


@pytest.mark.parametrize(
    "other",
    [
        key("k1", Role.OWNER, Scope.READ),
        key("k1", Role.OWNER, expires_at=datetime(2026, 3, 31, tzinfo=UTC)),
    ],
)
def test_an_owners_key_that_cannot_let_others_in_does_not_count(other: ApiKeyIssued) -> None:
    assert refusal([FOUNDED, key("k0"), other], RevokeApiKey("k0")) == ("last-owner", "/key_id")
    assert when([FOUNDED, key("k0"), other], RevokeApiKey("k1")) == [ApiKeyRevoked("k1")]


def test_a_revoked_owner_does_not_count_either() -> None:
    history: list[OrganizationEvent] = [FOUNDED, key("k0"), key("k1"), ApiKeyRevoked("k1")]
    assert refusal(history, RevokeApiKey("k0")) == ("last-owner", "/key_id")


def test_the_state_knows_each_key_and_whether_it_was_revoked() -> None:
    state = organization(FOUNDED, key("k0"), key("k1", Role.VIEWER, Scope.READ), ApiKeyRevoked("k1"))
    assert [(each.key_id, each.role, each.revoked) for each in state.keys] == [
        ("k0", Role.OWNER, False),
        ("k1", Role.VIEWER, True),
    ]


@pytest.mark.parametrize("principal", [*sorted(KEYLESS), "Operator"])
def test_no_key_speaks_in_the_name_of_the_service(principal: str) -> None:
    assert refusal([FOUNDED], replace(VIEWER, principal=principal)) == ("principal-reserved", "/principal")
