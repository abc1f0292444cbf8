"""Pages made of views by hand: structure, words for every state, nothing from elsewhere, no script."""

import re
from dataclasses import replace
from decimal import Decimal

import msgspec
import pytest

from domain.policy import Band
from services.web import words
from services.web.assets import Assets
from services.web.compose import organization_page, scorecard_page
from services.web.model import ErrorPage
from services.web.rendering import Templates
from services.web.seen import EntrySeen, OrganizationSeen, ScorecardSeen
from tests.services.web import samples
from tests.services.web.html import Element, parsed

ATTACK = '<script>alert("1")</script>&\'"{0}{name}%s{{ 7*7 }}'


@pytest.fixture(scope="module")
def templates() -> Templates:
    return Templates(Assets())


def page_of(templates: Templates, seen: ScorecardSeen) -> Element:
    return parsed(templates.render("scorecard.html", scorecard_page(seen)))


@pytest.fixture(scope="module")
def company(templates: Templates) -> Element:
    return page_of(templates, samples.company())


@pytest.fixture(scope="module")
def every_state(templates: Templates) -> Element:
    return page_of(templates, samples.every_state())


def kpi_row(page: Element, code: str) -> Element:
    return next(row for row in page.all("details", "kpi") if row.attributes["id"] == f"k-{code}")


def test_the_page_leads_with_scorecard_vision_period_and_score(company: Element) -> None:
    assert company.one("head").one("title").text == "Strategy 2014 to 2018 · 2016 · bambooBSC demo company"
    assert company.one("h1").text == "Strategy 2014 to 2018"
    assert company.one("p", "vision").text.startswith("To be the company")
    assert company.one("nav", "periods").one("strong").text == "2016"
    assert company.one("p", "huge").text == "72.4of 100"
    total = company.one("section", "total").text
    assert "Green" in total
    assert "better +4.3 since 2015" in total


def test_earlier_and_later_periods_are_links_of_this_organization(company: Element) -> None:
    hrefs = [link.attributes["href"] for link in company.one("nav", "periods").all("a")]
    assert hrefs == [f"/o/company/scorecards/strategy?period={year}" for year in ("2015", "2017")]


def test_a_period_without_a_neighbour_or_another_kind_offers_what_there_is(every_state: Element) -> None:
    nav = every_state.one("nav", "periods")
    assert [link.attributes["href"].partition("?")[2] for link in nav.one("div", "stepper").all("a")] == [
        "period=2015-11"
    ]
    assert [item.text for item in nav.one("ul", "kinds").all("li")] == ["Month", "Quarter", "Year"]
    assert "This period has not ended." in nav.text


def test_perspectives_come_in_order_with_score_band_and_share(company: Element) -> None:
    tiles = [tile.text for tile in company.all("a", "tile")]
    assert [tile.split(" 25 %")[0] for tile in tiles] == [
        "Financial 58.5 Amber",
        "Customer 70.0 Green",
        "Internal processes 75.0 Green",
        "Learning & growth 86.0 Green",
    ]


def test_a_kpi_shows_value_target_trend_sparkline_freshness_and_score(company: Element) -> None:
    row = kpi_row(company, "K3").one("summary")
    assert row.one("span", "kpi-value").text == "Value 55.0 %"
    assert row.one("span", "kpi-target").text == "Target 100.0 %"
    assert row.one("span", "kpi-score").text == "Score 55.0Amber"
    assert "better +7.0" in row.one("span", "kpi-spark").text
    assert (
        "Scores of Investment ratio: 2014: 71.0, Green; 2015: 48.0, Red"
        in row.one("svg", "spark").attributes["aria-label"]
    )
    assert "Up to date · Restated definition" in row.one("span", "kpi-name").text


def test_a_kpi_unfolds_to_values_targets_scale_weights_and_positions_in_the_log(company: Element) -> None:
    unfolded = kpi_row(company, "K3").one("div", "unfolded")
    assert unfolded.all("p")[0].text == "55.0 % against a target of 100.0 % scores 55.0 of 100."
    values, targets, scale = unfolded.all("table")
    assert [cell.text for cell in values.all("td")] == ["2016", "manual", "55", "#52"]
    assert [cell.text for cell in targets.all("td")] == ["2016", "100", "0", "#31"]
    assert [cell.text for cell in scale.all("td")] == ["0", "0", "100", "100"]
    facts = {item.one("dt").text: item.one("dd").text for item in unfolded.one("dl").all("div")}
    assert facts["Share of the score above"] == "50 %"
    assert facts["Share of the whole scorecard"] == "6.2 %"
    assert (facts["Definition"], facts["Scale"]) == ("#9", "#10")


@pytest.mark.parametrize(
    ("code", "label", "sentence"),
    [
        ("c.incomplete", "Amber", "Incomplete: 67 % of its time has a value."),
        ("d.insufficient", "Too few values", "Too few values: 25 % of its time has one, at least 50 % is needed"),
        ("e.missing", "No value", "No value: no value was recorded for this period."),
        ("f.target", "No target", "the scale needs a target and none is set"),
        ("g.zero", "Cannot be scored", "Cannot be scored: the denominator is zero."),
        ("h.retired", "Retired", "Not applicable: the KPI is retired."),
        ("i.unscored", "Not scored", "Not applicable: the KPI is shown, but not scored."),
        ("j.carried", "Amber", "The last value is carried forward"),
        ("k.quarterly", "Green", "Beyond the scale it would be 133.3; only 0 to 100 is counted."),
        ("z.blank", "No value", "No value: too few people answered."),
    ],
)
def test_every_state_has_words(every_state: Element, code: str, label: str, sentence: str) -> None:
    row = kpi_row(every_state, code)
    assert row.one("summary").one("span", "chip").text == label
    assert sentence in row.one("div", "unfolded").text


def test_what_has_no_score_shows_a_dash_and_never_a_number(every_state: Element) -> None:
    for code in ("d.insufficient", "e.missing", "g.zero", "h.retired"):
        assert kpi_row(every_state, code).one("summary").one("span", "kpi-score").one("span", "figure").text == "–"


@pytest.mark.parametrize("freshness", sorted(words.FRESHNESS))
def test_every_freshness_has_words(templates: Templates, freshness: str) -> None:
    page = page_of(templates, replace(samples.company(), freshness={"K1": freshness}))
    assert words.FRESHNESS[freshness] in kpi_row(page, "K1").one("span", "kpi-name").text


def test_status_is_never_colour_alone(company: Element, every_state: Element) -> None:
    for page in (company, every_state):
        symbols = {symbol.attributes["id"] for symbol in page.all("symbol")}
        for chip in page.all("span", "chip"):
            assert chip.text
            tone = next(name.removeprefix("tone-") for name in chip.classes if name.startswith("tone-"))
            assert chip.one("use").attributes["href"] == f"#shape-{tone}"
            assert f"shape-{tone}" in symbols


def test_a_limited_band_says_why(every_state: Element) -> None:
    assert "Status limited: 2 or more red: at most amber. The score alone would be green." in every_state.text


def test_a_child_scorecard_is_a_link_to_its_own_page(every_state: Element) -> None:
    branch, closed = every_state.all("a", "child-card")
    assert branch.attributes["href"] == "/o/company/scorecards/branch?period=2015-12"
    assert "Branch office" in branch.text
    assert "Not applicable" in closed.text


def test_counts_of_errors_and_overdue_weight_are_said(every_state: Element) -> None:
    total = every_state.one("section", "total").text
    assert "2 KPIs cannot be scored." in total
    assert "32 % of the weight is overdue." in total


def test_version_restatement_position_and_instant_are_shown(templates: Templates, company: Element) -> None:
    assert "Version 1 in force from 1 January 2014" in company.one("p", "version").text
    assert "Restatement" not in company.one("p", "version").text
    seen = samples.company()
    restated = page_of(templates, replace(seen, tree=msgspec.structs.replace(seen.tree, version=2), choice="2"))
    assert restated.one("p", "version").text == "Restatement Version 2 in force from 1 January 2017"
    assert restated.one("ul", "versions").one("span").text == "v2"
    footer = company.one("footer").text
    assert "position 61 of the log, last changed at #52; evaluated 25 November 2026, 09:30 UTC" in footer


def test_balance_names_the_weakest_and_warns_in_sentences(company: Element) -> None:
    balance = company.one("section", "balance")
    assert [number.text for number in balance.all("p", "balance-number")] == ["82.6", "100.0", "72.5"]
    assert balance.one("p", "weakest").text == "Weakest perspective: Financial with 58.5."
    shares = balance.one("div", "shares").all("tr")[1]
    assert shares.text == "Financial25 %25 %25 %1"
    assert [item.text for item in balance.one("div", "warnings").all("li")] == [
        "Skilled people is linked to no other objective.",
        "Financial carries more than half of the weight.",
    ]
    assert [row.all("td")[0].text for row in balance.one("details").all("tr")[1:]] == ["2016", "2015", "2014"]


def test_an_undefined_balance_says_what_it_lacks(every_state: Element) -> None:
    balance = every_state.one("section", "balance")
    assert [number.text for number in balance.all("p", "balance-number")] == ["–", "0", "–"]
    assert "Incomplete: needs at least two perspectives; some KPIs are not marked" in balance.text
    assert "Unheard of: Somewhere." in balance.text


def test_the_history_is_a_chart_whose_points_lead_to_their_periods_and_a_table(company: Element) -> None:
    chart = company.one("svg", "chart-wide")
    links = chart.all("a")
    assert [link.attributes["href"].partition("=")[2] for link in links] == list(samples.YEARS)
    assert links[2].one("title").text == "2016: 72.4, Green"
    assert chart.one("text", "change-label").text == "v2"
    rows = company.one("section", "history").all("tr")[1:]
    assert [row.all("td")[0].text for row in rows] == list(reversed(samples.YEARS))


def test_a_period_that_has_not_ended_is_an_open_point(templates: Templates) -> None:
    seen = samples.company()
    totals = [*seen.totals[:4], replace(seen.totals[4], partial=True)]
    links = page_of(templates, replace(seen, totals=totals)).one("svg", "chart-wide").all("a")
    assert links[4].one("title").text == "2018: 77.6, Green, not ended"
    assert [bool(link.all("circle", "open")) for link in links] == [False, False, False, False, True]


def test_a_gap_in_the_history_stays_a_gap(every_state: Element) -> None:
    lines = every_state.one("svg", "chart-wide").all("polyline")
    assert [len(line.attributes["points"].split()) for line in lines] == [2, 3, 5]


@pytest.mark.parametrize("name", ["company", "every_state"])
def test_nothing_comes_from_elsewhere_and_nothing_runs(templates: Templates, name: str) -> None:
    seen = {"company": samples.company, "every_state": samples.every_state}[name]()
    content = templates.render("scorecard.html", scorecard_page(seen))
    assert not re.search(rb"https?:|//[a-z]|<script|javascript:| on[a-z]+=| style=|<style|@import|url\(", content)
    for element in parsed(content).all():
        for attribute in ("href", "src"):
            assert element.attributes.get(attribute, "/").startswith(("/o/", "/static/", "#", "/"))
        assert element.tag not in ("script", "iframe", "object", "embed", "form")


def test_ids_are_unique_where_links_lead(company: Element) -> None:
    ids = [element.attributes["id"] for element in company.all() if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    targets = {link.attributes["href"][1:] for link in company.all() if link.attributes.get("href", "").startswith("#")}
    assert targets <= set(ids)


def test_what_people_wrote_is_text_and_never_markup(templates: Templates) -> None:
    seen = samples.company()
    seen = replace(seen, name=ATTACK, vision=ATTACK, place=replace(seen.place, name=ATTACK))
    root = msgspec.structs.replace(samples.company_root(), name=ATTACK)
    evil = msgspec.structs.replace(samples.kpi("x", ATTACK, samples.result("57")), unit=ATTACK, flags=[ATTACK])
    first = msgspec.structs.replace(root.children[0], name=ATTACK, children=[evil])
    seen = replace(seen, tree=samples.tree(msgspec.structs.replace(root, children=[first])))
    page = page_of(templates, replace(seen, histories={"x": seen.totals}, freshness={"x": ATTACK}))
    assert page.all("script") == []
    assert page.one("h1").text == ATTACK


def test_bands_of_the_organization_keep_their_own_names(templates: Templates) -> None:
    bands = (Band("weak", Decimal(0)), Band("fair", Decimal(40)), Band("strong", Decimal(90)))
    page = page_of(templates, replace(samples.company(), bands=bands))
    assert [zone.text for zone in page.one("svg", "chart-wide").all("text", "zone")][:2] == ["weak", "fair"]


def test_without_a_version_in_force_the_page_says_so(templates: Templates) -> None:
    page = page_of(templates, replace(samples.company(), tree=samples.tree(None, version=None), balances=()))
    assert "No version of this scorecard is in force in 2016." in page.text
    assert page.all("a", "tile") == []


def test_a_new_scorecard_invites_instead_of_failing(templates: Templates) -> None:
    empty = samples.node("", "scorecard", "New", samples.result(None, None, "not_applicable"), [])
    seen = replace(samples.company(), tree=samples.tree(empty), totals=(), balances=(), histories={})
    page = page_of(templates, seen)
    assert "No perspectives yet" in page.text
    assert "The history of the score appears here" in page.text


def test_the_list_shows_each_scorecard_with_its_latest_score(templates: Templates) -> None:
    company = samples.company()
    entries = (
        EntrySeen("strategy", "Strategy", "A vision", False, company.bands, company.totals),
        EntrySeen("new", "New one", "", False, company.bands, ()),
        EntrySeen("old", "Old one", "", True, company.bands, ()),
    )
    seen = OrganizationSeen(samples.PLACE, entries, 61, samples.EVALUATED_AT)
    page = parsed(templates.render("organization.html", organization_page(seen)))
    first, new, old = page.all("a", "entry")
    assert first.attributes["href"] == "/o/company/scorecards/strategy"
    assert "77.6" in first.text
    assert "2018" in first.text
    assert "No score yet" in new.text
    assert "Archived" in old.text


def test_an_organization_without_scorecards_says_what_will_appear(templates: Templates) -> None:
    seen = OrganizationSeen(samples.PLACE, (), 1, samples.EVALUATED_AT)
    page = parsed(templates.render("organization.html", organization_page(seen)))
    assert "Nothing to show yet" in page.text


def test_an_error_page_escapes_what_it_quotes(templates: Templates) -> None:
    page = parsed(templates.render("error.html", ErrorPage(422, "No", (ATTACK,), href="/o/a/", link="Home")))
    assert page.all("script") == []
    assert ATTACK in page.text
