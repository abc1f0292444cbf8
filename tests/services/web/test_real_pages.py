"""Pages of the real service: commands in, HTML out."""

from collections.abc import Iterator

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from infra import clock
from services.app import App
from services.demo import company
from services.demo.loading import corrected_at, load_company
from services.web.access import issue_page_token
from services.web.addresses import organization_href
from services.web.pages import page_handlers
from tests.services.web.html import Element, parsed
from tests.support.app import bring_up, found

Client = TestClient[Litestar]

YEARS = {"2014": "84.1", "2015": "68.1", "2016": "72.4", "2017": "73.5", "2018": "77.6"}


@pytest.fixture(scope="module")
def client(app: App) -> Iterator[Client]:
    with TestClient(Litestar(page_handlers(app), openapi_config=None)) as client:
        yield client


@pytest.fixture(scope="module")
def home(app: App, client: Client) -> str:
    """The pages of the demonstration company, opened in this browser."""
    loaded = load_company(app)
    bring_up(app, loaded.organization)
    with app.database.directory() as connection:
        token = issue_page_token(connection, loaded.organization, clock.now())
    path = organization_href(company.CODE)
    assert client.get(path, params={"token": token}).status_code == 200
    return path


def scorecard(client: Client, home: str, **query: str) -> Element:
    answer = client.get(f"{home}scorecards/{company.SCORECARD}", params=query)
    assert answer.status_code == 200, answer.text
    return parsed(answer.content)


@pytest.mark.parametrize(("year", "shown"), YEARS.items())
def test_every_year_shows_the_score_in_force(client: Client, home: str, year: str, shown: str) -> None:
    page = scorecard(client, home, period=year)
    assert page.one("p", "huge").one("span", "figure").text == shown
    assert page.one("nav", "periods").one("strong").text == year


def test_the_days_of_a_fiscal_period_are_shown_where_its_name_does_not_say_them(client: Client, home: str) -> None:
    assert "1 January 2016 to 31 December 2016" in scorecard(client, home, period="2016").one("nav", "periods").text


def test_without_a_period_the_latest_one_with_a_score_is_shown(client: Client, home: str) -> None:
    assert scorecard(client, home).one("nav", "periods").one("strong").text == "2018"


def test_the_list_leads_to_the_scorecard_and_shows_its_latest_score(client: Client, home: str) -> None:
    page = parsed(client.get(home).content)
    entry = page.one("a", "entry")
    assert page.one("h1").text == company.NAME
    assert entry.attributes["href"] == f"{home}scorecards/{company.SCORECARD}"
    assert "77.6" in entry.text


def test_a_version_can_be_chosen_and_a_restatement_is_marked(client: Client, home: str) -> None:
    in_force = scorecard(client, home, period="2017").one("p", "version").text
    assert in_force.startswith("Restatement Version 2 in force from 1 January 2017")
    first = scorecard(client, home, period="2017", version="1")
    assert first.one("p", "huge").one("span", "figure").text == "76.3"
    assert first.one("p", "version").text == "Version 1 in force from 1 January 2014"


def test_the_corrected_value_is_explained_by_the_position_of_its_correction(
    app: App, client: Client, home: str
) -> None:
    position = corrected_at(app, load_company(app).organization)
    page = scorecard(client, home, period="2016")
    row = next(row for row in page.all("details", "kpi") if row.attributes["id"] == f"k-{company.TYPING_ERROR.measure}")
    assert row.all("table")[0].all("tr")[1].text == f"2016manual55#{position}"


def test_balance_names_the_weakest_perspective_of_the_year_and_shows_its_history(client: Client, home: str) -> None:
    balance = scorecard(client, home, period="2016").one("section", "balance")
    assert "72.5" in [number.text for number in balance.all("p", "balance-number")]
    assert balance.one("p", "weakest").text == "Weakest perspective: Financial with 58.5."
    assert [row.all("td")[0].text for row in balance.one("details", "numbers").all("tr")[1:]] == [
        "2016",
        "2015",
        "2014",
    ]


def test_later_years_stand_in_the_chart_of_an_earlier_one(client: Client, home: str) -> None:
    chart = scorecard(client, home, period="2015").one("svg", "chart-wide")
    assert [link.one("title").text.split(",")[0] for link in chart.all("a")] == [
        f"{year}: {shown}" for year, shown in YEARS.items()
    ]


def test_a_month_of_a_yearly_scorecard_can_still_be_asked_for(client: Client, home: str) -> None:
    page = scorecard(client, home, period="2017-03")
    assert page.one("nav", "periods").one("strong").text == "March 2017"


def test_a_period_before_the_first_version_says_so(client: Client, home: str) -> None:
    assert "No version of this scorecard is in force in 1990." in scorecard(client, home, period="1990").text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("scorecards/nobody", 404),
        ("scorecards/strategy?version=9", 404),
        ("scorecards/strategy?version=-1", 422),
        ("scorecards/strategy?version=" + "9" * 5_000, 422),
        ("scorecards/strategy?period=2016-13", 422),
        ("scorecards/strategy?period=" + "1" * 5_000, 422),
        ("scorecards/strategy?period=2200-12-31", 200),
    ],
)
def test_wrong_addresses_are_answered_in_words(client: Client, home: str, path: str, status: int) -> None:
    answer = client.get(home + path)
    assert answer.status_code == status
    parsed(answer.content)


def test_a_new_organization_has_an_empty_list(app: App, client: Client) -> None:
    issued = found(app, "empty-one")
    with app.database.directory() as connection:
        token = issue_page_token(connection, issued.organization, clock.now())
    for _ in range(2):  # before the projections have begun, and after
        page = client.get(organization_href("empty-one"), params={"token": token})
        assert page.status_code == 200
        assert "Nothing to show yet" in page.text
        bring_up(app, issued.organization)
