"""A scorecard of our own through commands: months, gaps of decades, a draft, a child scorecard, states of today."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from domain.calendar import Calendar, Period, PeriodKind
from domain.kpi.commands import DefineKpi
from domain.kpi.events import Aggregation, Definition, Direction, Kind
from domain.kpi.scale import Anchor, Point, Scale
from domain.measurement.commands import Entry, RecordMeasurement
from domain.scorecard.commands import CreateScorecard, PlaceChildScorecard, PlaceKpi, PublishVersion
from domain.scorecard.events import NewPerspective
from domain.values import KpiId, NodeId, ScorecardId
from infra import clock
from services.app import App, execute
from services.commands import Command, CommandKey
from services.web.access import issue_page_token
from services.web.pages import page_handlers
from tests.services.web.html import Element, parsed
from tests.support.app import bring_up, found, owner

Client = TestClient[Litestar]

SCALE = Scale("anchors", tuple(Anchor(Point(fixed=Decimal(at)), Decimal(at)) for at in (0, 100)))
BEGINNING = date(1950, 1, 1)
MAIN, CHILD = ScorecardId("main"), ScorecardId("child")
TODAY = clock.now().date()
THIS_MONTH = Calendar().containing(TODAY, PeriodKind.MONTH)
LAST_MONTH = Calendar().previous(THIS_MONTH)
MONTHS = ("1950-01", "1950-02", LAST_MONTH.text, THIS_MONTH.text)


@pytest.fixture(scope="module")
def client(app: App) -> Iterator[Client]:
    with TestClient(Litestar(page_handlers(app), openapi_config=None)) as client:
        yield client


@pytest.fixture(scope="module")
def organization(app: App, client: Client) -> UUID:
    """Opened in this browser."""
    issued = found(app, "states")
    tenant = issued.organization
    do(app, tenant, *definitions())
    do(app, tenant, *(value("gapped", month, score) for month, score in zip(MONTHS, (40, 60, 80, 90), strict=True)))
    do(app, tenant, CreateScorecard(ScorecardId("drafted"), "Only a draft", ()))
    bring_up(app, tenant)
    with app.database.directory() as connection:
        token = issue_page_token(connection, tenant, clock.now())
    assert client.get("/o/states/", params={"token": token}).status_code == 200
    return tenant


def do(app: App, tenant: UUID, *commands: Command) -> None:
    execute(app, owner(tenant), commands, CommandKey.made())


def definitions() -> Iterator[Command]:
    for code in ("gapped", "silent"):
        definition = Definition(code, "%", Kind.STOCK, Direction.HIGHER, PeriodKind.MONTH, Aggregation.LAST)
        yield DefineKpi(KpiId(code), definition, BEGINNING, scale=SCALE)
    yield CreateScorecard(CHILD, "Child card", (NewPerspective(NodeId("p"), "Only one"),))
    yield PlaceKpi(CHILD, NodeId("p"), KpiId("silent"))
    yield PublishVersion(CHILD, BEGINNING)
    yield CreateScorecard(
        MAIN, "Main card", (NewPerspective(NodeId("p"), "First"), NewPerspective(NodeId("q"), "Second"))
    )
    yield PlaceKpi(MAIN, NodeId("p"), KpiId("gapped"), Decimal(3))
    yield PlaceChildScorecard(MAIN, NodeId("q"), CHILD)
    yield PublishVersion(MAIN, BEGINNING)


def value(kpi: str, month: str, score: int) -> RecordMeasurement:
    return RecordMeasurement(KpiId(kpi), Period.parse(month), Entry(value=Decimal(score)))


def page(client: Client, scorecard: str = "main", **query: str) -> Element:
    answer = client.get(f"/o/states/scorecards/{scorecard}", params=query)
    assert answer.status_code == 200, answer.text
    return parsed(answer.content)


@pytest.mark.usefixtures("organization")
def test_the_last_ended_month_is_shown_first_and_the_running_one_can_be_reached(client: Client) -> None:
    shown = page(client)
    assert shown.one("section", "total").one("p", "overline").text.endswith(str(LAST_MONTH.year))
    assert shown.one("p", "huge").one("span", "figure").text == "80.0"
    later = page(client, period=THIS_MONTH.text)
    assert "This period has not ended." in later.one("nav", "periods").text
    assert later.one("p", "huge").one("span", "figure").text == "90.0"


@pytest.mark.usefixtures("organization")
def test_values_decades_apart_make_a_chart_of_what_lies_near(client: Client) -> None:
    recent = page(client).one("svg", "chart-wide").all("a")
    assert [link.one("title").text.partition(": ")[2] for link in recent] == [
        "80.0, Green",
        "90.0, Green, not ended",
    ]
    old = page(client, period="1950-02").one("svg", "chart-wide").all("a")
    assert [link.one("title").text for link in old] == ["January 1950: 40.0, Red", "February 1950: 60.0, Amber"]


@pytest.mark.usefixtures("organization")
def test_a_part_without_values_is_told_and_its_scorecard_is_a_link(client: Client) -> None:
    shown = page(client)
    assert "Incomplete: 50 % of the weight has a value." in shown.one("section", "total").text
    child = shown.one("a", "child-card")
    assert child.attributes["href"] == f"/o/states/scorecards/child?period={LAST_MONTH.text}"
    assert "Child card" in child.text
    assert "No value" in child.text


@pytest.mark.usefixtures("organization")
def test_staleness_is_told_on_the_latest_period_only(client: Client) -> None:
    assert "Up to date" in page(client, period=THIS_MONTH.text).one("details", "kpi").text
    assert "Up to date" not in page(client, period="1950-01").one("details", "kpi").text


@pytest.mark.usefixtures("organization")
def test_a_scorecard_without_values_shows_the_present_and_says_what_lacks(client: Client) -> None:
    shown = page(client, "child")
    assert shown.one("p", "huge").one("span", "figure").text == "–"
    assert "No value" in shown.one("section", "total").text
    assert "Never reported" in shown.one("details", "kpi").text


@pytest.mark.usefixtures("organization")
def test_a_draft_is_marked_as_such(client: Client) -> None:
    assert "No version of this scorecard is in force" in page(client, "drafted").text
    draft = page(client, "main", version="draft", period=LAST_MONTH.text)
    assert draft.one("p", "version").text == "Draft, not published"
    assert draft.one("p", "huge").one("span", "figure").text == "80.0"


@pytest.mark.usefixtures("organization")
def test_the_list_shows_what_has_a_score_and_what_has_none(client: Client) -> None:
    entries = parsed(client.get("/o/states/").content).all("a", "entry")
    said = {entry.attributes["href"].rpartition("/")[2]: entry.text for entry in entries}
    assert "80.0" in said["main"]
    assert "No score yet" in said["child"]
    assert "No score yet" in said["drafted"]


def test_a_new_value_is_shown_as_soon_as_the_projections_have_it(app: App, client: Client, organization: UUID) -> None:
    before = page(client, "child").one("footer").one("b", "figure").text
    month = Calendar().previous(LAST_MONTH)
    do(app, organization, value("silent", month.text, 20))
    assert page(client, "child").one("footer").one("b", "figure").text == before
    bring_up(app, organization)
    shown = page(client, "child")
    assert shown.one("footer").one("b", "figure").text == str(int(before) + 1)
    assert shown.one("p", "huge").one("span", "figure").text == "20.0"


def test_a_value_ahead_of_its_time_does_not_become_the_page(app: App, client: Client, organization: UUID) -> None:
    before = page(client).one("svg", "chart-wide").all("a")
    do(app, organization, value("gapped", "2150-07", 10))
    bring_up(app, organization)
    shown = page(client)
    assert shown.one("p", "huge").one("span", "figure").text == "80.0"
    assert [link.text for link in shown.one("svg", "chart-wide").all("a")] == [link.text for link in before]
    assert page(client, period="2150-07").one("p", "huge").one("span", "figure").text == "10.0"
