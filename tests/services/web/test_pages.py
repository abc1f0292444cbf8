"""The way into the pages: token once, then cookie; nothing of one organization opens another; strict headers."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from domain.errors import Invalid, NotFound
from infra import clock
from infra.database import Database
from infra.database_errors import Unavailable
from services.web.access import COOKIE, SESSION_VALID, TOKEN_VALID, Entrance, issue_page_token, page_address
from services.web.pages import handlers
from services.web.responses import POLICY
from services.web.seen import OrganizationSeen, Place, ScorecardSeen
from tenants.access import Actor, Role
from tenants.credentials import add_organization
from tenants.tokens import PageSession, signed
from tests.services.web import samples

Client = TestClient[Litestar]

KEY = bytes(range(32))
PUBLIC_URL = "https://steelyard.example"


@dataclass(frozen=True, slots=True)
class Shelf:
    """Hands out the sample company, under the name of whoever asks."""

    def organization(self, actor: Actor, code: str) -> OrganizationSeen:
        assert actor.role is Role.VIEWER
        return OrganizationSeen(Place(code, f"Organization {actor.tenant}"), (), 61, samples.EVALUATED_AT)

    def scorecard(self, actor: Actor, code: str, scorecard: str, period: str, version: str) -> ScorecardSeen:
        failures: dict[str, Exception] = {
            "missing": NotFound("scorecard-unknown", "there is no scorecard 'missing'"),
            "away": Unavailable("gone"),
            "broken": RuntimeError("secret of the inside"),
        }
        if scorecard in failures:
            raise failures[scorecard]
        if period == "2016-13":
            raise Invalid("period-invalid", "/period '2016-13' is not in the calendar", "/period")
        return replace(samples.company(), place=Place(code, f"Organization {actor.tenant}"))


@dataclass(frozen=True, slots=True)
class Organization:
    id: UUID
    code: str

    @property
    def home(self) -> str:
        return f"/o/{self.code}/"


@pytest.fixture
def client(database: Database) -> Iterator[Client]:
    entrance = Entrance(database, KEY, secure=True)
    app = Litestar(handlers(entrance, Shelf()), openapi_config=None)
    with TestClient(app, base_url=PUBLIC_URL) as client:
        yield client


@pytest.fixture
def mine(database: Database) -> Organization:
    return made(database)


@pytest.fixture
def theirs(database: Database) -> Organization:
    return made(database)


def made(database: Database) -> Organization:
    identity = clock.new_id()
    code = f"org-{identity.hex[-12:]}"
    with database.directory() as connection:
        add_organization(connection, identity, code, clock.now())
    return Organization(identity, code)


def token_of(database: Database, organization: Organization, now: datetime | None = None) -> str:
    with database.directory() as connection:
        return issue_page_token(connection, organization.id, now or clock.now())


def entered(client: Client, database: Database, organization: Organization) -> str:
    """The cookie of a browser that opened a printed address."""
    answer = client.get(organization.home, params={"token": token_of(database, organization)}, follow_redirects=False)
    assert answer.status_code == 303
    return answer.cookies[COOKIE]


def with_cookie(client: Client, path: str, cookie: str) -> tuple[int, str]:
    client.cookies.clear()
    answer = client.get(path, headers={"cookie": f"{COOKIE}={cookie}"}, follow_redirects=False)
    return answer.status_code, answer.text


def test_a_token_becomes_a_cookie_of_that_path_and_leaves_the_address(
    client: Client, database: Database, mine: Organization
) -> None:
    path = f"{mine.home}scorecards/strategy"
    token = token_of(database, mine)
    answer = client.get(path, params={"period": "2016", "token": token}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{path}?period=2016")
    parts = {part.strip().lower() for part in answer.headers["set-cookie"].split(";")[1:]}
    assert {"httponly", "samesite=lax", "secure", f"path={mine.home}", "max-age=2592000"} <= parts
    page = client.get(answer.headers["location"])
    assert page.status_code == 200
    assert "Strategy 2014 to 2018" in page.text
    assert token not in page.text


def test_a_cookie_is_sent_by_plain_http_only_where_the_page_is(database: Database, mine: Organization) -> None:
    entrance = Entrance(database, KEY, secure=False)
    cookie = entrance.redeem(mine.code, token_of(database, mine), clock.now())
    assert (cookie.secure, cookie.httponly, cookie.samesite) == (False, True, "lax")


def test_a_used_token_opens_nothing_for_another_browser(client: Client, database: Database, mine: Organization) -> None:
    token = token_of(database, mine)
    assert client.get(mine.home, params={"token": token}).status_code == 200
    client.cookies.clear()
    answer = client.get(mine.home, params={"token": token}, follow_redirects=False)
    assert answer.status_code == 404
    assert "set-cookie" not in answer.headers
    assert "steelyard open" in answer.text


def test_a_used_token_with_a_valid_cookie_shows_the_page(
    client: Client, database: Database, mine: Organization
) -> None:
    token = token_of(database, mine)
    assert client.get(mine.home, params={"token": token}).status_code == 200
    again = client.get(mine.home, params={"token": token})
    assert again.status_code == 200
    assert "token" not in str(again.url)


def test_a_token_is_over_after_a_day(client: Client, database: Database, mine: Organization) -> None:
    late = token_of(database, mine, clock.now() - TOKEN_VALID)
    assert client.get(mine.home, params={"token": late}).status_code == 404


def test_a_cookie_is_over_after_thirty_days(client: Client, mine: Organization) -> None:
    now = clock.now().replace(microsecond=0)
    assert timedelta(days=30) == SESSION_VALID
    current, over = (signed(PageSession(mine.id, at), KEY) for at in (now + timedelta(minutes=1), now))
    assert with_cookie(client, mine.home, current)[0] == 200
    assert with_cookie(client, mine.home, over)[0] == 404


def test_looking_by_head_spends_no_token(client: Client, database: Database, mine: Organization) -> None:
    token = token_of(database, mine)
    assert client.head(mine.home, params={"token": token}).status_code == 404
    assert client.get(mine.home, params={"token": token}).status_code == 200


def test_a_token_of_one_organization_opens_no_other_and_is_not_spent_there(
    client: Client, database: Database, mine: Organization, theirs: Organization
) -> None:
    token = token_of(database, theirs)
    assert client.get(mine.home, params={"token": token}).status_code == 404
    assert client.get(theirs.home, params={"token": token}).status_code == 200


def test_a_cookie_of_one_organization_opens_nothing_of_another(
    client: Client, database: Database, mine: Organization, theirs: Organization
) -> None:
    cookie = entered(client, database, mine)
    status, text = with_cookie(client, mine.home, cookie)
    assert status == 200
    assert str(mine.id) in text
    for path in (theirs.home, f"{theirs.home}scorecards/strategy"):
        status, text = with_cookie(client, path, cookie)
        assert status == 404
        assert str(theirs.id) not in text


def test_a_code_that_changes_hands_is_not_opened_by_an_old_cookie(client: Client, mine: Organization) -> None:
    former = signed(PageSession(clock.new_id(), clock.now() + timedelta(days=1)), KEY)
    assert with_cookie(client, mine.home, former)[0] == 404


def test_a_forged_or_mangled_cookie_opens_nothing(client: Client, database: Database, mine: Organization) -> None:
    cookie = entered(client, database, mine)
    foreign = signed(PageSession(mine.id, clock.now() + timedelta(days=1)), bytes(32))
    flipped = ("A" if cookie[0] != "A" else "B") + cookie[1:]
    for forged in (foreign, flipped, cookie[:-1], cookie + "AAAA", "", "x" * 5_000, '"', "%ff"):
        assert with_cookie(client, mine.home, forged)[0] == 404


def test_an_unknown_organization_answers_like_a_locked_one(
    client: Client, database: Database, mine: Organization
) -> None:
    codes = (mine.code, "nobody-has-this", "x" * 65, "%20", "a%00b")
    for suffix in ("", "?token=steelyard_page_0", "scorecards/strategy", "nothing/like/this"):
        answers = [client.get(f"/o/{code}/{suffix}") for code in codes]
        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.content for answer in answers}) == 1
        assert len({tuple(answer.headers.items()) for answer in answers}) == 1


def test_every_answer_is_guarded(client: Client, database: Database, mine: Organization) -> None:
    locked = client.get(mine.home)
    entered(client, database, mine)
    for answer in (locked, client.get(mine.home), client.get(f"{mine.home}scorecards/broken"), client.get("/o/")):
        assert answer.headers["content-security-policy"] == POLICY
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["cache-control"] == "private, no-store"


def test_the_policy_allows_styles_and_images_of_this_host_and_nothing_else() -> None:
    rules = dict(rule.split(" ", 1) for rule in POLICY.split("; "))
    assert {name: value for name, value in rules.items() if value != "'none'"} == {
        "style-src": "'self'",
        "img-src": "'self'",
    }
    assert {"default-src", "base-uri", "form-action", "frame-ancestors"} <= set(rules)


@pytest.mark.parametrize(
    ("page", "status", "said"),
    [
        ("scorecards/missing", 404, "There is no scorecard &#39;missing&#39;."),
        ("scorecards/strategy?period=2016-13", 422, "Period &#39;2016-13&#39; is not in the calendar."),
        ("scorecards/away", 503, "reload this page"),
        ("scorecards/broken", 500, "Something went wrong"),
        ("elsewhere", 404, "There is no such page."),
        ("scorecards", 404, "There is no such page."),
    ],
)
def test_errors_are_pages_in_words(
    client: Client, database: Database, mine: Organization, page: str, status: int, said: str
) -> None:
    entered(client, database, mine)
    answer = client.get(mine.home + page)
    assert answer.status_code == status
    assert said in answer.text
    assert "secret of the inside" not in answer.text
    assert ("retry-after" in answer.headers) == (status == 503)


def test_the_address_without_its_slash_leads_to_the_one_the_cookie_is_for(client: Client, mine: Organization) -> None:
    """Browsers do not send the cookie there, so this cannot depend on it, nor on whether the organization exists."""
    for code in (mine.code, "nobody-has-this"):
        answer = client.get(f"/o/{code}?token=x", follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/o/{code}/?token=x")


@pytest.mark.parametrize("tail", ["//evil.example/", "/%2F%2Fevil.example", "/..%2f..%2fevil", "/\\evil.example"])
def test_the_redirect_never_leaves_the_organization(
    client: Client, database: Database, mine: Organization, tail: str
) -> None:
    token = token_of(database, mine)
    answer = client.get(f"/o/{mine.code}{tail}?token={token}", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(mine.home)
    assert "\\" not in answer.headers["location"]


def test_nothing_can_be_sent_to_a_page(client: Client, mine: Organization) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert client.request(method, mine.home).status_code == 405


def test_static_files_are_kept_by_browsers_and_confirmed(client: Client, mine: Organization) -> None:
    page = client.get(mine.home).text
    address = page.partition('rel="stylesheet" href="')[2].partition('"')[0]
    kept = client.get(address)
    assert kept.headers["content-type"] == "text/css; charset=utf-8"
    assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert client.get(address.partition("?")[0]).headers["cache-control"] == "public, max-age=300"
    confirmed = client.get(address, headers={"if-none-match": kept.headers["etag"]})
    assert (confirmed.status_code, confirmed.content) == (304, b"")
    assert client.get("/static/favicon.svg").headers["content-type"] == "image/svg+xml"
    assert client.get("/static/../pages.py").status_code == 404


def test_the_bare_address_says_where_one_goes_on(client: Client) -> None:
    answer = client.get("/")
    assert (answer.status_code, answer.headers["content-security-policy"]) == (200, POLICY)
    assert 'href="/docs"' in answer.text
    assert "steelyard open ORGANIZATION" in answer.text
    assert client.head("/").status_code == 200


def test_the_documentation_page_runs_its_own_scripts_only_and_asks_this_host_only(client: Client) -> None:
    answer = client.get("/docs")
    rules = dict(rule.split(" ", 1) for rule in answer.headers["content-security-policy"].split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == "'self'"
    assert "http:" not in answer.text
    assert "https:" not in answer.text
    for part in answer.text.split('src="')[1:]:
        assert client.get(part.partition('"')[0]).headers["content-type"] == "text/javascript; charset=utf-8"


def test_the_printed_address_names_organization_and_page() -> None:
    assert (
        page_address("https://a.example/", "one", "t", "scorecards/x") == "https://a.example/o/one/scorecards/x?token=t"
    )
