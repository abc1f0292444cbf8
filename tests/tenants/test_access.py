"""The permission matrix, cell by cell, and what scopes and lists of KPIs leave of it."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.values import KpiId
from tenants.access import MATRIX, PER_KPI, SCOPES, Actor, Extent, Permission, Role, Scope, may

TENANT = UUID(int=1)
SALES, COSTS = KpiId("sales"), KpiId("costs")

#                      owner admin strategist contributor viewer auditor
CELLS = {
    "read":                "yes yes yes yes yes yes",
    "read-as-of":          "yes yes yes own yes yes",
    "measure":             "yes yes yes own no  no",
    "correct":             "yes yes yes own no  no",
    "edit-scorecard":      "yes yes yes no  no  no",
    "define-kpi":          "yes yes yes no  no  no",
    "edit-kpi":            "yes yes yes own no  no",
    "prove":               "yes yes yes no  no  yes",
    "read-log":            "yes yes no  no  no  yes",
    "read-access":         "yes yes no  no  no  yes",
    "manage-access":       "yes yes no  no  no  no",
    "manage-organization": "yes yes no  no  no  no",
    "export":              "yes yes no  no  no  yes",
}  # fmt: skip


def actor(role: Role, *scopes: Scope, kpis: tuple[KpiId, ...] = ()) -> Actor:
    return Actor(TENANT, "someone", role, frozenset(scopes), frozenset(kpis))


def test_the_table_above_names_every_permission() -> None:
    assert set(CELLS) == set(Permission)


@pytest.mark.parametrize("permission", Permission)
@pytest.mark.parametrize("role", Role)
def test_every_cell_of_the_matrix(role: Role, permission: Permission) -> None:
    cell = CELLS[permission].split()[list(Role).index(role)]
    others = may(actor(role), permission, SALES, kpi_owner="somebody-else")
    own = may(actor(role), permission, SALES, kpi_owner="someone")
    assert (others, own) == {"yes": (True, True), "own": (False, True), "no": (False, False)}[cell]
    assert may(actor(role), permission) == (cell != "no")


def test_a_kpi_without_an_owner_is_nobodys_own() -> None:
    assert not may(actor(Role.CONTRIBUTOR), Permission.MEASURE, SALES)


def test_a_contributors_key_lists_the_kpis_it_may_measure() -> None:
    key = actor(Role.CONTRIBUTOR, Scope.INGEST, kpis=(SALES,))
    assert may(key, Permission.MEASURE, SALES)
    assert not may(key, Permission.MEASURE, COSTS)


def test_a_list_narrows_even_to_less_than_the_own_kpis() -> None:
    key = actor(Role.CONTRIBUTOR, kpis=(SALES,))
    assert not may(key, Permission.MEASURE, COSTS, kpi_owner="someone")


def test_a_list_of_kpis_narrows_what_is_done_to_kpis_and_leaves_reading() -> None:
    key = actor(Role.STRATEGIST, kpis=(SALES,))
    assert may(key, Permission.READ, COSTS)
    assert may(key, Permission.EDIT_KPI, SALES)
    for permission in PER_KPI:
        assert not may(key, permission, COSTS)


def test_a_scope_leaves_only_its_part_of_the_role() -> None:
    key = actor(Role.OWNER, Scope.INGEST)
    assert {permission for permission in Permission if may(key, permission)} == SCOPES[Scope.INGEST]


def test_scopes_add_up() -> None:
    key = actor(Role.STRATEGIST, Scope.READ, Scope.INGEST)
    assert may(key, Permission.READ)
    assert may(key, Permission.MEASURE)
    assert not may(key, Permission.EDIT_KPI)


def test_every_permission_is_in_some_scope() -> None:
    assert frozenset().union(*SCOPES.values()) == frozenset(Permission)


@given(st.sampled_from(Role), st.frozensets(st.sampled_from(Scope)), st.sampled_from(Permission), st.booleans())
def test_scopes_and_lists_never_give_more_than_the_role(
    role: Role, scopes: frozenset[Scope], permission: Permission, owned: bool
) -> None:
    owner = "someone" if owned else None
    narrowed = Actor(TENANT, "someone", role, scopes, frozenset({SALES}))
    if may(narrowed, permission, COSTS, owner):
        assert may(actor(role), permission, COSTS, owner)
    if may(narrowed, permission, SALES, owner):
        assert permission in MATRIX[role]


def test_only_a_contributor_has_own_cells() -> None:
    assert {role for role, cells in MATRIX.items() if Extent.OWN in cells.values()} == {Role.CONTRIBUTOR}
