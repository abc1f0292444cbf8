"""Balance as everyone reads it: three figures of 0..100 with the parts they are made of; exact numbers as text."""

from typing import Literal

from msgspec import Struct

IndexState = Literal["complete", "incomplete"]


class PartView(Struct, frozen=True):
    """One factor, 0..1; None while undefined."""

    name: str
    value: str | None


class IndexView(Struct, frozen=True):
    """`value` is None while one of the parts is undefined."""

    state: IndexState
    value: str | None
    shown: str | None
    parts: list[PartView]
    undefined: list[str]


class OutcomeView(Struct, frozen=True):
    """100 less the distance between the best and the worst of the `scored` perspectives."""

    state: IndexState
    value: str | None
    shown: str | None
    highest: str | None
    lowest: str | None
    weakest: str | None
    scored: int
    undefined: list[str]


class ShareView(Struct, frozen=True):
    """A perspective's share of the weight by design, the share that was counted, and the share wanted."""

    perspective: str
    name: str
    share: str
    counted_share: str
    wanted_share: str
    kpis: int


class WarningView(Struct, frozen=True):
    """`subject` is the code of a perspective, an objective or a KPI; empty for the scorecard itself."""

    code: str
    subject: str


class BalanceView(Struct, frozen=True):
    """The balance of one scorecard in one period; `version` is None for the draft."""

    scorecard: str
    period: str
    version: int | None
    design: IndexView
    measurement: IndexView
    outcome: OutcomeView
    evenness: str | None
    perspectives: list[ShareView]
    warnings: list[WarningView]
