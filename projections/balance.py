"""The balance of every scorecard in every stored period, written with its score: both come from the same tree."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec
from sqlalchemy import BigInteger, Column, Date, Integer, LargeBinary, Numeric, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import insert

from domain.scoring.balance import Balance, Index, OutcomeIndex, PerspectiveShare, balance
from domain.scoring.bands import shown
from domain.scoring.inputs import Definitions
from domain.scoring.tree import ScoreTree
from domain.values import plain, q
from infra.database import metadata
from projections import writing
from projections.balance_views import BalanceView, IndexView, OutcomeView, PartView, ShareView, WarningView
from projections.projection import Batch
from projections.score_view import SCORE_DECIMALS, number, optional_number

balance_table = Table(
    "balance",
    metadata,
    Column("tenant_id", Uuid, primary_key=True),
    Column("generation", Integer, primary_key=True),
    Column("scorecard", Text(collation="C"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("last_day", Date, primary_key=True),
    Column("period", Text(collation="C"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("design", Numeric),
    Column("measurement", Numeric),
    Column("outcome", Numeric),
    Column("weakest", Text),
    Column("body", LargeBinary, nullable=False),
)


def write(batch: Batch, definitions: Definitions, trees: Sequence[tuple[ScoreTree, int]]) -> None:
    """Anew for these periods; none for a period without a version in force."""
    where = batch.connection, balance_table, batch.tenant, batch.generation
    keys = [_key(definitions, tree) for tree, _ in trees if tree.root is None]
    writing.remove(*where, keys)
    rows = [
        {"tenant_id": batch.tenant, "generation": batch.generation, **_row(definitions, tree, changed_at)}
        for tree, changed_at in trees
        if tree.root is not None
    ]
    if not rows:
        return
    statement = insert(balance_table)
    key = [column.name for column in balance_table.primary_key.columns]
    changes = {column.name: column for column in statement.excluded if column.name not in key}
    batch.connection.execute(statement.on_conflict_do_update(index_elements=key, set_=changes), rows)


def balance_view(definitions: Definitions, tree: ScoreTree) -> BalanceView:
    """The balance of a tree as it is read."""
    return _view(tree, balance(definitions, tree))


def _key(definitions: Definitions, tree: ScoreTree) -> dict[str, object]:
    last_day = definitions.calendar.last_day(tree.period)
    return {"scorecard": tree.scorecard, "kind": tree.period.kind.value, "last_day": last_day}


def _row(definitions: Definitions, tree: ScoreTree, changed_at: int) -> dict[str, object]:
    weighed = balance(definitions, tree)
    return {
        **_key(definitions, tree),
        "period": tree.period.text,
        "version": tree.version,
        "changed_at": changed_at,
        "design": _column(weighed.design.value),
        "measurement": _column(weighed.measurement.value),
        "outcome": _column(weighed.outcome.value),
        "weakest": weighed.outcome.weakest,
        "body": msgspec.json.encode(_view(tree, weighed)),
    }


def _column(value: Decimal | None) -> Decimal | None:
    return None if value is None else plain(q(value))


def _view(tree: ScoreTree, weighed: Balance) -> BalanceView:
    return BalanceView(
        scorecard=tree.scorecard,
        period=tree.period.text,
        version=tree.version,
        design=_index(weighed.design),
        measurement=_index(weighed.measurement),
        outcome=_outcome(weighed.outcome),
        evenness=optional_number(weighed.evenness),
        perspectives=[_share(each) for each in weighed.perspectives],
        warnings=[WarningView(code=each.code, subject=each.subject) for each in weighed.warnings],
    )


def _index(index: Index) -> IndexView:
    return IndexView(
        state=index.state,
        value=optional_number(index.value),
        shown=None if index.value is None else shown(index.value, SCORE_DECIMALS),
        parts=[PartView(name=part.name, value=optional_number(part.value)) for part in index.parts],
        undefined=list(index.undefined),
    )


def _outcome(outcome: OutcomeIndex) -> OutcomeView:
    return OutcomeView(
        state=outcome.state,
        value=optional_number(outcome.value),
        shown=None if outcome.value is None else shown(outcome.value, SCORE_DECIMALS),
        highest=optional_number(outcome.highest),
        lowest=optional_number(outcome.lowest),
        weakest=outcome.weakest,
        scored=outcome.scored,
        undefined=list(outcome.undefined),
    )


def _share(share: PerspectiveShare) -> ShareView:
    return ShareView(
        perspective=share.perspective,
        name=share.name,
        share=number(share.share),
        counted_share=number(share.counted_share),
        wanted_share=number(share.wanted_share),
        kpis=share.kpis,
    )
