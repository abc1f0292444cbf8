"""Whole cards, at every node and KPI, against the oracle in exact fractions."""

from collections import Counter
from decimal import Decimal
from fractions import Fraction

import pytest

from domain.scoring.score import needed, score
from domain.scoring.tree import CardScore, KpiScore, NodeScore
from tests.domain.scoring.cases import ASKED, Cases
from tests.domain.scoring.oracle import Expected, Oracle

TINY = Fraction(1, 10**30)
BATCHES, IN_BATCH = 8, 100


@pytest.mark.parametrize("batch", range(BATCHES))
def test_every_number_state_and_band_is_that_of_exact_fractions(batch: int) -> None:
    seen: Counter[str] = Counter()
    for seed in range(batch * IN_BATCH, (batch + 1) * IN_BATCH):
        case = Cases(seed).case()
        cells = needed(case.known, ASKED, case.period)
        given = {cell: known for cell, known in case.values.items() if cell in cells}
        found = score(case.known, given, ASKED, case.period, case.as_of)
        assert found == score(case.known, case.values, ASKED, case.period, case.as_of), (seed, "needed")
        wanted = Oracle(case.known, case.values, ASKED, case.period, case.as_of).root
        assert (found.root is None) == (wanted is None), seed
        if found.root is not None and wanted is not None:
            differences = list(differing(found.root, wanted, f"seed {seed}"))
            assert differences == []
            seen.update(each.state for each in found.root.leaves())
    assert len(seen) == 6, "every state of a KPI occurs"


def differing(found: NodeScore | KpiScore, wanted: Expected, where: str) -> list[str]:
    """What differs, here and below."""
    pairs: list[tuple[str, object, object]] = [
        ("state", found.state.value, wanted.state),
        ("band", found.band, wanted.band),
        ("raw", found.raw_score, wanted.raw),
        ("coverage", found.coverage, wanted.coverage),
    ]
    below: list[str] = []
    if isinstance(found, KpiScore):
        where = f"{where} {found.kpi}"
        if wanted.state in ("complete", "incomplete", "insufficient") and not wanted.filled:
            pairs += [("value", found.value, wanted.value)]
            pairs += [("counted", (found.counted, found.expected), (wanted.counted, wanted.expected))]
            pairs += zip(("target", "baseline", "stretch"), aim(found), wanted.aim, strict=True)
    else:
        where = f"{where} {found.id or 'root'}"
        pairs += [("errors", found.errors, wanted.errors), ("of score", found.band_of_score, wanted.band_of_score)]
        pairs += [("blank", found.reason, wanted.reason)]
        for place, (child, expected) in enumerate(zip(found.children, wanted.children, strict=True)):
            pairs += [(f"applied {place}", child.applied_share, wanted.applied.get(place))]
            scored = child.root if isinstance(child, CardScore) else child
            pairs += [(f"there {place}", scored is None, expected is None)]
            if scored is not None and expected is not None:
                below += differing(scored, expected, where)
    return [f"{where}: {name} {one} v {other}" for name, one, other in pairs if not same(one, other)] + below


def aim(found: KpiScore) -> tuple[Decimal | None, ...]:
    return found.target, found.baseline, found.stretch


def same(one: object, other: object) -> bool:
    if isinstance(one, Decimal) and isinstance(other, Fraction):
        return abs(Fraction(one) - other) < TINY * (1 + abs(other))
    return bool(one == other)
