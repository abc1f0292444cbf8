"""Founding and keys: directory, log and digest change together; a repetition shows the same key again."""

import time
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from domain.errors import Invalid, Refused
from infra import clock
from infra.eventstore.errors import KeyReused
from services.app import App
from services.authentication import Authenticator, Operator, Unauthenticated
from services.commands import CommandKey, Forbidden, OrganizationExists
from services.founding import Founding, found_organization
from services.keys import WantedKey, issue_key, revoke_key
from tenants import credentials
from tenants.access import OPERATOR, Actor, Role
from tests.support.app import OPERATOR_KEY, found, owner


def authenticator(app: App) -> Authenticator:
    return Authenticator(app.database, OPERATOR_KEY)


def code() -> str:
    return f"org-{clock.new_id()}"


def test_the_first_key_acts_for_the_owner_of_the_new_organization(app: App) -> None:
    issued = found(app)
    actor = authenticator(app).caller(f"Bearer {issued.token}")
    assert isinstance(actor, Actor)
    assert (actor.tenant, actor.role, actor.key_id) == (issued.organization, Role.OWNER, issued.key_id)


def test_a_repeated_founding_shows_the_same_key_and_founds_once(app: App) -> None:
    founding, key = Founding(code(), "Acme"), CommandKey.of("found", b"acme")
    first, second = found_organization(app, founding, key), found_organization(app, founding, key)
    assert (first.organization, first.token) == (second.organization, second.token)
    assert (first.replayed, second.replayed) == (False, True)


def test_a_code_is_taken_for_everybody_else(app: App) -> None:
    founding = Founding(code(), "Acme")
    found_organization(app, founding, CommandKey.of("one", b"acme"))
    with pytest.raises(OrganizationExists):
        found_organization(app, founding, CommandKey.of("two", b"acme"))
    with pytest.raises(KeyReused):
        found_organization(app, founding, CommandKey.of("one", b"other"))


def test_parallel_foundings_with_one_key_found_one_organization(app: App) -> None:
    founding, key = Founding(code(), "Acme"), CommandKey.of("found", b"acme")
    with ThreadPoolExecutor(4) as pool:
        found_keys = list(pool.map(lambda _: found_organization(app, founding, key), range(8)))
    assert len({(each.organization, each.token) for each in found_keys}) == 1


def test_a_refused_founding_leaves_the_code_free(app: App) -> None:
    free = code()
    with pytest.raises(Invalid):
        found_organization(app, Founding(free, " "), CommandKey.made())
    with app.database.directory() as connection:
        assert credentials.organization_by_code(connection, free) is None


def test_a_revoked_key_opens_nothing(app: App) -> None:
    organization = found(app).organization
    issued = issue_key(app, owner(organization), WantedKey("extra", Role.VIEWER), CommandKey.made())
    assert isinstance(authenticator(app).caller(f"Bearer {issued.token}"), Actor)
    revoke_key(app, owner(organization), UUID(issued.key_id), "lost", CommandKey.made())
    with pytest.raises(Unauthenticated):
        authenticator(app).caller(f"Bearer {issued.token}")


def test_a_key_that_is_remembered_opens_nothing_a_second_after_its_revocation(app: App) -> None:
    organization, remembering = found(app).organization, authenticator(app)
    issued = issue_key(app, owner(organization), WantedKey("extra", Role.VIEWER), CommandKey.made())
    assert isinstance(remembering.caller(f"Bearer {issued.token}"), Actor)
    revoke_key(app, owner(organization), UUID(issued.key_id), "lost", CommandKey.made())
    time.sleep(1)
    with pytest.raises(Unauthenticated):
        remembering.caller(f"Bearer {issued.token}")


def test_nobody_grants_more_than_they_have(app: App) -> None:
    organization = found(app).organization
    with pytest.raises(Refused) as refusal:
        issue_key(app, Actor(organization, "a", Role.ADMIN), WantedKey("x", Role.OWNER), CommandKey.made())
    assert refusal.value.code == "grant-exceeds-own"
    with pytest.raises(Forbidden):
        issue_key(app, Actor(organization, "a", Role.VIEWER), WantedKey("x", Role.VIEWER), CommandKey.made())


def test_a_key_in_the_operators_name_is_asked_like_any_other(app: App) -> None:
    actor = Actor(found(app).organization, OPERATOR, Role.ADMIN, key_id=str(clock.new_id()))
    with pytest.raises(Refused) as refusal:
        issue_key(app, actor, WantedKey("x", Role.OWNER), CommandKey.made())
    assert refusal.value.code == "grant-exceeds-own"


def test_a_repeated_issue_shows_the_same_key(app: App) -> None:
    organization, key = found(app).organization, CommandKey.of("issue", b"extra")
    first, second = (issue_key(app, owner(organization), WantedKey("x", Role.VIEWER), key) for _ in range(2))
    assert (first.token, first.key_id) == (second.token, second.key_id)
    assert second.replayed


def test_no_token_stands_in_the_database(app: App) -> None:
    issued = found(app)
    with app.database.transaction(issued.organization) as connection:
        answers = connection.exec_driver_sql(
            "SELECT answer FROM steelyard.command WHERE tenant_id = %s", (issued.organization,)
        ).scalars()
        assert all(issued.token.encode() not in answer for answer in answers)


@pytest.mark.parametrize("header", [None, "", "Bearer", "Basic abc", "Bearer nonsense", "Bearer " + "x" * 2_000])
def test_anything_else_is_not_authenticated(app: App, header: str | None) -> None:
    with pytest.raises(Unauthenticated):
        authenticator(app).caller(header)


def test_the_operator_is_known_by_the_operators_key(app: App) -> None:
    assert authenticator(app).caller(f"Bearer {OPERATOR_KEY}") == Operator()
