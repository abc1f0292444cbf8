"""A value that is an option, or yes or no, is shown as that word wherever it still is one."""

from datetime import date
from decimal import Decimal

import pytest
from msgspec.structs import replace

from domain.calendar import PeriodKind
from domain.kpi.events import Aggregation, Definition, Direction, Kind, Option
from domain.kpi.state import DefinitionKnown, Kpi
from domain.values import KpiId
from projections.views import CardView, KpiView, NodeView
from services.web.labels import labelled
from tests.services.web import samples

OPTIONS = (Option("chaotic", Decimal(0)), Option("managed", Decimal(60)), Option("optimised", Decimal(100)))
POSITION = samples.trace("2016", "1").definition_position


def known(kind: Kind, aggregation: Aggregation, *options: Option) -> Kpi:
    """First defined with other options, then as asked for."""
    definition = Definition("A", "x", kind, Direction.HIGHER, PeriodKind.QUARTER, aggregation, options=options)
    before = Definition("A", "x", kind, Direction.HIGHER, PeriodKind.QUARTER, aggregation, options=options[::-1])
    since = date(2016, 1, 1)
    return Kpi(KpiId("a"), (DefinitionKnown(before, since, POSITION - 1), DefinitionKnown(definition, since, POSITION)))


def shown(kpi: Kpi, value: str | None, period: str = "2016-Q1", target: str | None = None) -> KpiView:
    view = samples.kpi("a", "A", samples.result("60"), period=period, value=value, value_shown=value, unit="x")
    view = replace(view, target=target, target_shown=target)
    child = samples.node("", "scorecard", "B", samples.result("60"), [view])
    card = CardView("b", 1, "1", "1", "1", child)
    made = labelled(samples.tree(samples.node("", "scorecard", "C", samples.result("60"), [card])), {kpi.id: kpi})
    assert made.root is not None
    placed = made.root.children[0]
    assert isinstance(placed, CardView)
    assert isinstance(placed.root, NodeView)
    found = placed.root.children[0]
    assert isinstance(found, KpiView)
    return found


def test_an_option_is_shown_by_its_label_in_the_definition_that_counted() -> None:
    found = shown(known(Kind.ORDINAL, Aggregation.LAST, *OPTIONS), "2", target="3")
    assert (found.value, found.value_shown, found.target_shown, found.unit) == ("2", "managed", "optimised", "")


@pytest.mark.parametrize(("value", "word"), [("1", "yes"), ("0", "no")])
def test_yes_and_no_are_words(value: str, word: str) -> None:
    assert shown(known(Kind.BINARY, Aggregation.LAST), value).value_shown == word


@pytest.mark.parametrize(
    ("aggregation", "word"), [(Aggregation.LAST, "yes"), (Aggregation.MIN, "yes"), (Aggregation.SUM, "1")]
)
def test_in_a_longer_period_only_what_is_still_one_of_the_values_is_a_word(aggregation: Aggregation, word: str) -> None:
    assert shown(known(Kind.BINARY, aggregation), "1", period="2016").value_shown == word


@pytest.mark.parametrize("value", ["2.5", None])
def test_what_is_no_option_stays_as_it_is(value: str | None) -> None:
    found = shown(known(Kind.ORDINAL, Aggregation.MEDIAN, *OPTIONS), value)
    assert (found.value_shown, found.unit) == (value, "x")


def test_a_number_stays_a_number() -> None:
    assert shown(known(Kind.FLOW, Aggregation.LAST), "1").value_shown == "1"
