"""Organizations to measure with: one is made by commands, as users do; the others are copies of its rows."""

import secrets
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from uuid import UUID

import psycopg
from psycopg import sql

from domain.calendar import Period, PeriodKind
from domain.kpi.commands import DefineKpi
from domain.kpi.events import Aggregation, Definition, Direction, Kind
from domain.measurement.commands import Entry, RecordMeasurement
from domain.scorecard.commands import AddObjective, CreateScorecard, PlaceKpi, PublishVersion
from domain.values import KpiId, NodeId, ScorecardId
from infra import clock
from infra.database import SCHEMA
from services.app import COMMANDS_MAX, App, execute
from services.commands import Command, CommandKey
from services.demo.commands import VALUE_IS_SCORE
from services.founding import Founding, found_organization
from services.keys import IssuedKey
from tenants import tokens
from tenants.access import Actor, Role
from tenants.credentials import add_key, add_organization
from tenants.tokens import TokenKind

BEGINNING = date(1990, 1, 1)
MONTHS = 120
PERSPECTIVES = ("financial", "customer", "internal-processes", "learning-and-growth")
OBJECTIVES_EACH = 4
COPIED_TABLES = ("tenant_head", "event", "progress", "projection_route")
READ_TABLES = (*COPIED_TABLES, "reading", "score")
SCORE_MAX = 101


def found(app: App, code: str = "bench") -> IssuedKey:
    """A new organization, and the key of its owner."""
    return found_organization(app, Founding(code, "An organization"), CommandKey.made())


def owner(organization: UUID) -> Actor:
    """Who acts in it."""
    return Actor(organization, "bench", Role.OWNER)


def send(app: App, organization: UUID, commands: Sequence[Command]) -> None:
    """As many requests as they need."""
    for first in range(0, len(commands), COMMANDS_MAX):
        execute(app, owner(organization), commands[first : first + COMMANDS_MAX], CommandKey.made())


def define(kpi: str, frequency: PeriodKind) -> DefineKpi:
    """A KPI whose value is its score."""
    definition = Definition(f"KPI {kpi}", "points", Kind.STOCK, Direction.HIGHER, frequency, Aggregation.LAST)
    return DefineKpi(KpiId(kpi), definition, BEGINNING, scale=VALUE_IS_SCORE)


def scorecard(number: int, kpis: int) -> Iterator[Command]:
    """Four perspectives with four objectives each, monthly KPIs spread over them, published."""
    code = ScorecardId(f"card{number}")
    objectives = [f"{name}-{at}" for name in PERSPECTIVES for at in range(OBJECTIVES_EACH)]
    yield CreateScorecard(code, f"Scorecard {number}")
    for objective in objectives:
        yield AddObjective(code, NodeId(objective), NodeId(objective.rpartition("-")[0]), f"Objective {objective}")
    for at, kpi in enumerate(kpis_of(number, kpis)):
        yield define(kpi, PeriodKind.MONTH)
        yield PlaceKpi(code, NodeId(objectives[at % len(objectives)]), kpi)
    yield PublishVersion(code, BEGINNING)


def kpis_of(number: int, kpis: int) -> Sequence[KpiId]:
    """The codes of the KPIs on a scorecard."""
    return [KpiId(f"card{number}-kpi{at}") for at in range(kpis)]


def month(number: int) -> Period:
    """The months from the beginning on."""
    return Period(PeriodKind.MONTH, BEGINNING.year + number // 12, number % 12 + 1)


def day(number: int) -> Period:
    """The days from the beginning on."""
    found = BEGINNING + timedelta(days=number)
    return Period(PeriodKind.DAY, found.year, found.month * 100 + found.day)


class Values:
    """Values nobody has recorded yet, one KPI after the other, then the next period; any thread may take some."""

    def __init__(self, kpis: Sequence[KpiId], frequency: PeriodKind, first_period: int = 0) -> None:
        self._kpis = kpis
        self._period = month if frequency is PeriodKind.MONTH else day
        self._numbers = count(first_period * len(kpis))

    def take(self) -> RecordMeasurement:
        """The next one."""
        number = next(self._numbers)
        period = self._period(number // len(self._kpis))
        return RecordMeasurement(self._kpis[number % len(self._kpis)], period, Entry(Decimal(number * 7 % SCORE_MAX)))


def heads(superuser_url: str, number: int) -> Sequence[UUID]:
    """Organizations with an empty log and nothing else."""
    made = [clock.new_id() for _ in range(number)]
    with psycopg.connect(superuser_url) as connection:
        connection.execute(
            "INSERT INTO steelyard.tenant_head (tenant_id, position, recorded_at)"
            " SELECT made, 0, now() FROM unnest(%s::uuid[]) AS made",
            (made,),
        )
    return made


def copies(superuser_url: str, template: UUID, number: int, tables: Sequence[str] = COPIED_TABLES) -> Sequence[UUID]:
    """Organizations with the log of another one; its leaves are not theirs, which nothing measured here looks at."""
    made = [clock.new_id() for _ in range(number)]
    with psycopg.connect(superuser_url) as connection:
        for table in tables:
            copy(connection, table, template, made)
    return made


def keys(app: App, organizations: Sequence[UUID]) -> Sequence[str]:
    """A key of each, for copies have none."""
    made = [tokens.token_of(TokenKind.API_KEY, secrets.token_bytes(tokens.SECRET_SIZE_BYTES)) for _ in organizations]
    now = clock.now()
    with app.database.directory() as connection:
        for organization, token in zip(organizations, made, strict=True):
            add_organization(connection, organization, f"copy-{organization}", now)
            actor = Actor(organization, "bench", Role.VIEWER, key_id=str(clock.new_id()))
            add_key(connection, tokens.digest(token), actor, None, now)
    return made


def copy(connection: psycopg.Connection, table: str, template: UUID, made: Sequence[UUID]) -> None:
    """The rows that one organization has in a table for others as well."""
    rows = connection.execute(
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_schema = %s AND table_name = %s AND column_name <> 'tenant_id'",
        (SCHEMA, table),
    )
    columns = sql.SQL(", ").join(sql.Identifier(row[0]) for row in rows)
    statement = sql.SQL(
        "INSERT INTO {table} (tenant_id, {columns}) SELECT made, {columns} FROM {table}, unnest(%s::uuid[]) AS made"
        " WHERE tenant_id = %s"
    ).format(table=sql.Identifier(SCHEMA, table), columns=columns)
    connection.execute(statement, (list(made), template))
