"""The balance of a scorecard in words: three numbers, their parts, the weakest perspective, warnings as sentences."""

from collections.abc import Callable, Mapping, Sequence

from services.web import words
from services.web.charts import Point, track
from services.web.model import Balance, BalanceCard, BalanceRow, Part, ShareRow
from services.web.numbers import NOTHING, number, percent
from services.web.seen import BalanceSeen, PartSeen, ShareSeen

Pick = Callable[[BalanceSeen], str | None]

PARTS: Mapping[str, tuple[str, str]] = {
    "weights": ("Weights", "how close the weights of perspectives are to what is wanted"),
    "counts": ("Number of KPIs", "the same for the number of KPIs"),
    "leading": ("Leading and lagging", "how close the share of leading KPIs is to what is wanted"),
    "causes": ("Cause and effect", "objectives that are measured and lead to another perspective"),
}
LACKS: Mapping[str, str] = {
    "weights": "needs at least two perspectives",
    "counts": "needs at least two perspectives",
    "leading": "some KPIs are not marked as leading or lagging",
    "causes": "needs objectives",
}
WARNINGS: Mapping[str, str] = {
    "perspective-share-above-half": "{} carries more than half of the weight.",
    "perspective-without-kpis": "{} has no weighted KPI, so it does not count.",
    "kpi-share-above-quarter": "{} alone carries more than a quarter of the weight.",
    "objective-without-kpi": "{} is not measured by any KPI.",
    "objective-with-many-kpis": "{} is measured by more than two KPIs.",
    "orphan-objective": "{} is linked to no other objective.",
    "no-leading-kpi": "No KPI is leading: everything is seen only afterwards.",
    "too-many-kpis": "More than 25 KPIs: few readers can follow that many.",
    "too-many-objectives": "More than 20 objectives: few readers can follow that many.",
    "vanished-branch": "{} has a weight, but nothing below it is scored, so it does not count.",
    "link-cycle": "The links between objectives run in a circle.",
    "profile-not-applicable": "The balance profile does not name these perspectives; equal shares are used instead.",
}


def balance(balances: Sequence[BalanceSeen], asked: str) -> Balance | None:
    """The balance of the asked period with its history; None if that period has none."""
    if not balances or balances[-1].period.text != asked:
        return None
    now = balances[-1]
    return Balance(
        cards=(_design(now, balances), _measurement(now, balances), _outcome(now, balances)),
        weakest=_weakest(now),
        shares=tuple(_share(share) for share in now.shares),
        warnings=tuple(warning(code, about) for code, about in now.warnings),
        history=tuple(_row(one) for one in reversed(balances)),
    )


def warning(code: str, about: str) -> str:
    """A sentence; an unknown code is shown as it is."""
    sentence = WARNINGS.get(code)
    if sentence is None:
        return f"{code.replace('-', ' ').capitalize()}{f': {about}' if about else ''}."
    return sentence.format(about)


def _design(now: BalanceSeen, balances: Sequence[BalanceSeen]) -> BalanceCard:
    lacking = [LACKS[part.name] for part in now.parts if part.value is None and part.name in LACKS]
    note = f"Incomplete: {'; '.join(dict.fromkeys(lacking))}." if now.design is None and lacking else ""
    return _card(
        "Design", "Is the plan itself balanced?", balances, lambda one: one.design, note, tuple(map(_part, now.parts))
    )


def _measurement(now: BalanceSeen, balances: Sequence[BalanceSeen]) -> BalanceCard:
    note = "" if now.measurement is not None else "Needs at least two perspectives with KPIs."
    return _card("Measurement", "Do all perspectives report?", balances, lambda one: one.measurement, note, ())


def _outcome(now: BalanceSeen, balances: Sequence[BalanceSeen]) -> BalanceCard:
    note = "Needs at least two perspectives with a score." if now.outcome is None else ""
    if now.highest is not None and now.lowest is not None:
        note = note or f"100 less the distance from {number(now.lowest)} to {number(now.highest)}."
    return _card("Outcome", "Are results even across perspectives?", balances, lambda o: o.outcome, note)


def _card(
    name: str, question: str, balances: Sequence[BalanceSeen], pick: Pick, note: str, parts: tuple[Part, ...] = ()
) -> BalanceCard:
    value = pick(balances[-1])
    return BalanceCard(
        name=name,
        question=question,
        number=_shown(value),
        bar=None if value is None else round(float(value), 2),
        note=note,
        parts=parts,
        track=track([_point(one, pick(one), one is balances[-1]) for one in balances], f"{name} balance"),
    )


def _part(part: PartSeen) -> Part:
    name, meaning = PARTS.get(part.name, (part.name.capitalize(), ""))
    shown = NOTHING if part.value is None else percent(part.value)
    return Part(name, shown, None if part.value is None else float(part.value), meaning)


def _point(one: BalanceSeen, value: str | None, current: bool) -> Point:
    label = words.period_label(one.period)
    shown = _shown(value)
    return Point(label, f"{label}: {shown}", None if value is None else float(value), shown, "none", current=current)


def _weakest(now: BalanceSeen) -> str:
    if now.weakest is None:
        return ""
    low = "" if now.lowest is None else f" with {number(now.lowest)}"
    return f"Weakest perspective: {now.weakest}{low}."


def _share(share: ShareSeen) -> ShareRow:
    counted = NOTHING if share.counted is None else percent(share.counted, 1)
    return ShareRow(share.perspective, percent(share.share, 1), percent(share.wanted, 1), counted, str(share.kpis))


def _row(one: BalanceSeen) -> BalanceRow:
    return BalanceRow(
        period=words.period_label(one.period),
        design=_shown(one.design),
        measurement=_shown(one.measurement),
        outcome=_shown(one.outcome),
        weakest=one.weakest or NOTHING,
    )


def _shown(value: str | None) -> str:
    return NOTHING if value is None else number(value)
