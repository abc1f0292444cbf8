"""Balances of a scorecard: in one period, and over periods of one kind."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import text

from domain.calendar import Period, PeriodKind
from domain.scoring.inputs import VersionChoice
from domain.values import ScorecardId
from projections.answers import BalanceAnswer, BalanceHistoryAnswer
from projections.balance import balance_view
from projections.balance_views import BalanceView
from projections.packed import unpacked
from projections.periods import period_of
from projections.reader import Reader
from projections.spans import span

_decoder = msgspec.json.Decoder(BalanceView)


def balance_at(
    reader: Reader, scorecard: ScorecardId, period: Period, version: VersionChoice = "in_force"
) -> BalanceAnswer:
    """The balance in one period. Raises NotFound `scorecard-unknown`, `version-unknown`."""
    found = _balances(reader, scorecard, (period,), version)[period]
    return BalanceAnswer(balance=found, as_of_position=reader.position, evaluated_at=reader.as_of)


def balance_history(
    reader: Reader,
    scorecard: ScorecardId,
    kind: PeriodKind,
    first: Period | None = None,
    last: Period | None = None,
    version: VersionChoice = "in_force",
) -> BalanceHistoryAnswer:
    """The balances of every period from `first` to `last` (default: those with values). Raises as history()."""
    reader.require(scorecard)
    found = _balances(reader, scorecard, span(reader, scorecard, kind, first, last), version)
    return BalanceHistoryAnswer(
        scorecard=scorecard,
        kind=kind.value,
        balances=[each for each in found.values() if each is not None],
        as_of_position=reader.position,
        evaluated_at=reader.as_of,
    )


def _balances(
    reader: Reader, scorecard: ScorecardId, periods: Sequence[Period], version: VersionChoice
) -> dict[Period, BalanceView | None]:
    found: dict[Period, BalanceView | None] = {}
    if version == "in_force":
        found |= _stored_balances(reader, scorecard, periods)
    missing = [period for period in periods if period not in found]
    if missing:
        computed = reader.trees(scorecard, missing, version)
        found |= {
            period: balance_view(reader.definitions, tree) if tree.root is not None else None
            for period, tree in computed.items()
        }
    return {period: found[period] for period in periods}


def _stored_balances(
    reader: Reader, scorecard: ScorecardId, periods: Sequence[Period]
) -> dict[Period, BalanceView | None]:
    rows = reader.connection.execute(
        text("""
            SELECT s.period, s.lengthy, s.balance FROM steelyard.score s
            WHERE s.tenant_id = :tenant AND s.generation = :generation AND s.scorecard = :scorecard
              AND s.period = ANY(:periods) AND s.changed_at <= :position
        """),
        {
            "tenant": reader.tenant,
            "generation": reader.scores_generation,
            "scorecard": scorecard,
            "periods": [period.text for period in periods],
            "position": reader.position,
        },
    )
    return {
        period: None if row.balance is None else _decoder.decode(unpacked(row.balance))
        for row in rows
        for period in (period_of(row.period),)
        if reader.settled(period) or not row.lengthy
    }
