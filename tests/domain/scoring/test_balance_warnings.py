"""What balance warns about: each rule at its edge."""

from domain.scorecard.state import Card
from domain.scoring.balance import Balance
from tests.domain.scoring.balanced import LAG, balanced, part, perspectives, profile
from tests.domain.scoring.build import kpis, links, node, objective, root


def codes(found: Balance) -> set[tuple[str, str]]:
    return {(warning.code, warning.subject) for warning in found.warnings}


def test_warnings_of_shares() -> None:
    found = codes(balanced(*perspectives(60, 20, 20)))
    assert {("perspective-share-above-half", "P0"), ("kpi-share-above-quarter", "K0")} <= found
    assert ("kpi-share-above-quarter", "K1") not in found
    assert ("perspective-share-above-half", "P0") not in codes(balanced(*perspectives(50, 50)))
    assert ("kpi-share-above-quarter", "K0") not in codes(balanced(*perspectives(25, 25, 25, 25)))


def test_warnings_of_objectives() -> None:
    card = Card(
        root(
            node("P", nodes=(objective("many", 1, {"A": 1, "B": 1, "C": 1}), objective("none"))),
            node("Q", nodes=(objective("linked", 1, {"D": 1}),)),
        ),
        links=links(("linked", "none")),
    )
    found = codes(balanced(card, kpis(*"ABCD", definition=LAG)))
    assert {
        ("objective-with-many-kpis", "many"),
        ("objective-without-kpi", "none"),
        ("vanished-branch", "none"),
        ("orphan-objective", "many"),
        ("no-leading-kpi", ""),
    } <= found
    assert not {each for each in found if each[1] == "linked"}


def test_warnings_of_size() -> None:
    many = {f"K{index}": 1 for index in range(26)}
    of_root = root(node("P", 1, dict(many)), node("Q", nodes=[objective(f"O{index}") for index in range(21)]))
    assert {("too-many-kpis", ""), ("too-many-objectives", "")} <= codes(balanced(of_root, kpis(*many)))
    fewer = {f"K{index}": 1 for index in range(25)}
    of_root = root(node("P", 1, dict(fewer)), node("Q", nodes=[objective(f"O{index}") for index in range(20)]))
    assert not {("too-many-kpis", ""), ("too-many-objectives", "")} & codes(balanced(of_root, kpis(*fewer)))


def test_a_profile_of_other_perspectives_is_not_applied_and_said_so() -> None:
    found = balanced(*perspectives(25, 25, 25, 25), policy=profile(70, 20, 10))
    assert ("profile-not-applicable", "") in codes(found)
    assert part(found.design, "weights") == 1


def test_a_kpi_counts_towards_a_quarter_with_all_its_places() -> None:
    spread = {f"K{index}": 1 for index in range(3)}
    of_root = root(node("P", 1, {"twice": 1, **spread}), node("Q", 1, {"twice": "0.3", "rest": "0.3", "other": "0.4"}))
    found = codes(balanced(of_root, kpis("twice", "rest", "other", *spread)))
    shares = {subject for code, subject in found if code == "kpi-share-above-quarter"}
    assert shares == {"twice"}
