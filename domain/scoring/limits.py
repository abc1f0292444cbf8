"""Rules about bands: they change the band of a node, never its score."""

from collections import Counter
from collections.abc import Mapping, Sequence

from domain.policy import Band
from domain.scorecard.events import Rollup, RollupRule, Tie
from domain.scoring.bands import ranks

BAND_RULES = (RollupRule.MOST_FREQUENT, RollupRule.ALL_AT_LEAST)


def limited(
    rollup: Rollup, of_score: str, children: Sequence[str | None], bands: Sequence[Band]
) -> tuple[str, tuple[str, ...]]:
    """The final band and the caps that lowered it.

    `children` are the final bands of the children that count; those without one count in neither number nor total.
    All caps look at the unlimited band and the strictest wins, so their order is irrelevant. A cap that names a band
    the policy does not have is no cap.
    """
    if rollup.rule not in BAND_RULES and not rollup.limiters:
        return of_score, ()
    rank = ranks(bands)
    having = Counter(band for band in children if band is not None)
    by_count = rollup.rule is RollupRule.MOST_FREQUENT and having
    unlimited = _most_frequent(rollup.tie, having, rank) if by_count else of_score
    caps = [(rank[band], text) for band, text in _caps(rollup, having, rank) if rank[band] < rank[unlimited]]
    lowest = min((cap for cap, _ in caps), default=rank[unlimited])
    return bands[lowest].name, tuple(text for _, text in caps)


def _most_frequent(tie: Tie, having: Counter[str], rank: Mapping[str, int]) -> str:
    most = max(having.values())
    tied = [band for band, number in having.items() if number == most]
    choose = min if tie is Tie.WORST else max
    return choose(tied, key=lambda band: rank[band])


def _caps(rollup: Rollup, having: Counter[str], rank: Mapping[str, int]) -> list[tuple[str, str]]:
    """The bands a node may not exceed, each with the sentence that says why."""
    caps = []
    level = rollup.level
    if level is not None and level in rank and any(rank[band] < rank[level] for band in having):
        caps.append((level, f"not all at least {level}: at most {level}"))
    for limiter in rollup.limiters:
        if limiter.in_band in rank and limiter.at_most in rank and having[limiter.in_band] >= limiter.at_least:
            caps.append((limiter.at_most, f"{limiter.at_least} or more {limiter.in_band}: at most {limiter.at_most}"))
    return caps
