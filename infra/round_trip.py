"""Statements that travel together: sent at once, answered at once, with one wait for all of them.

The driver's own pipeline makes a cursor of every statement and looks at the socket after each, which takes three times
the processor time (docs/decisions/0040). This drives the same libpq calls with the driver's own adapters and errors. A
statement is prepared when a connection first sends it.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import cast

import psycopg
from psycopg import adapt
from psycopg.abc import PipelineCommand, PQGen, Transformer
from psycopg.adapt import PyFormat
from psycopg.errors import error_from_result
from psycopg.generators import fetch_many, send
from psycopg.pq import ConnStatus, ExecStatus
from psycopg.pq.abc import PGconn, PGresult
from psycopg.rows import TupleRow

PREPARED_MAX = 200
"""Statements that a connection keeps prepared; what comes after them is sent as text."""
TEXTS_CACHED_MAX = 1_000
BINARY = 1

_PLACEHOLDER = re.compile(r"%\((\w+)\)([sbt])")


@dataclass(frozen=True, slots=True)
class Question:
    """A statement, and its parameters by name. A command such as BEGIN has none and is not prepared.

    `refused` makes what an error of this statement means, where that is more than its SQLSTATE says. `checked` looks at
    the reply once all have come, and raises if it is not what it has to be.
    """

    statement: str
    parameters: Mapping[str, object]
    refused: Callable[[psycopg.Error], Exception | None] | None = None
    checked: "Callable[[Reply], None] | None" = None
    prepare: bool = True


@dataclass(slots=True)
class Reply:
    """What came back: nothing before its round trip has been made. `count` is how many rows were touched."""

    question: Question
    rows: Sequence[TupleRow] = ()
    count: int = 0

    @property
    def row(self) -> TupleRow | None:
        """The only row, if there is one."""
        assert len(self.rows) <= 1, "one row at the most was asked for"
        return self.rows[0] if self.rows else None


@dataclass(slots=True)
class RoundTrip:
    """Questions in order, each seeing what the ones before have changed. After an error the rest is not carried out."""

    replies: list[Reply] = field(default_factory=list)
    failed: Question | None = None

    def ask(self, question: Question) -> Reply:
        """Send this as well; the reply is filled by `make`."""
        reply = Reply(question)
        self.replies.append(reply)
        return reply

    def make(self, connection: psycopg.Connection, prepared: set[bytes]) -> None:
        """Send and wait; `prepared` is what this connection has kept so far. Raises psycopg.Error.

        Whatever else ends it, an interrupt for example, leaves a connection that is of no more use.
        """
        if not self.replies:
            return
        transformer = adapt.Transformer(connection)
        parcel = _Parcel(connection.pgconn, transformer, prepared)
        for reply in self.replies:
            parcel.put(reply)
        results = parcel.exchange(connection)
        self._read(connection, transformer, parcel, results)
        prepared.update(parcel.preparing)

    def check(self) -> None:
        """Whether the replies are what the questions expect. Raises what they say."""
        for reply in self.replies:
            if reply.question.checked is not None:
                reply.question.checked(reply)

    def _read(
        self, connection: psycopg.Connection, transformer: Transformer, parcel: "_Parcel", results: list[PGresult]
    ) -> None:
        for reply, result in zip(parcel.answering, results, strict=False):
            match result.status:
                case ExecStatus.TUPLES_OK:
                    transformer.set_pgresult(result)
                    rows = cast("Sequence[TupleRow]", transformer.load_rows(0, result.ntuples, tuple))
                    reply.rows, reply.count = rows, len(rows)
                case ExecStatus.COMMAND_OK:
                    reply.count = result.command_tuples or 0
                case ExecStatus.PIPELINE_SYNC:
                    pass
                case _:
                    self.failed = reply.question
                    raise error_from_result(result, encoding=connection.info.encoding)
        if parcel.broken is not None:
            raise parcel.broken


class _Parcel:
    """What is sent for some questions: the commands of the protocol, and whose question each result answers."""

    def __init__(self, pgconn: PGconn, transformer: Transformer, prepared: set[bytes]) -> None:
        self.answering: list[Reply] = []
        self.preparing: set[bytes] = set()
        self.broken: psycopg.Error | None = None
        self._pgconn = pgconn
        self._transformer = transformer
        self._prepared = prepared
        self._commands: list[PipelineCommand] = []

    def put(self, reply: Reply) -> None:
        question = reply.question
        if not question.prepare:
            command = partial(self._pgconn.send_query_params, question.statement.encode(), None, result_format=BINARY)
            self._add(command, reply)
            return
        text, names, formats = _compiled(question.statement)
        values = self._transformer.dump_sequence([question.parameters[name] for name in names], formats)
        types, shapes = self._transformer.types, self._transformer.formats
        name = _name(text, types)
        if self._keep_prepared(name, text, types, reply):
            query = partial(self._pgconn.send_query_prepared, name, values, shapes, BINARY)
        else:
            query = partial(self._pgconn.send_query_params, text, values, types, shapes, BINARY)
        self._add(query, reply)

    def _keep_prepared(self, name: bytes, text: bytes, types: tuple[int, ...] | None, reply: Reply) -> bool:
        if name in self._prepared or name in self.preparing:
            return True
        if len(self._prepared) + len(self.preparing) >= PREPARED_MAX:
            return False
        # Whether it is there or not: after a rollback the driver drops everything that was prepared.
        self._add(partial(self._pgconn.send_close_prepared, name), reply)
        self._add(partial(self._pgconn.send_prepare, name, text, types), reply)
        self.preparing.add(name)
        return True

    def _add(self, command: PipelineCommand, reply: Reply) -> None:
        self._commands.append(command)
        self.answering.append(reply)

    def exchange(self, connection: psycopg.Connection) -> list[PGresult]:
        """One result for each command, fewer if the connection broke."""
        results: list[PGresult] = []
        self._add(self._pgconn.pipeline_sync, self.answering[-1])
        self._pgconn.enter_pipeline_mode()
        try:
            connection.wait(_all_results(self._pgconn, self._commands, len(self.answering), results))
        except psycopg.Error as error:
            self.broken = error
        if self._pgconn.status is not ConnStatus.BAD:
            with suppress(psycopg.Error):
                self._pgconn.exit_pipeline_mode()
        return results


def _all_results(
    pgconn: PGconn, commands: Sequence[PipelineCommand], count: int, results: list[PGresult]
) -> PQGen[None]:
    """libpq keeps what is given over and sends it as one, while it reads what comes back meanwhile."""
    for command in commands:
        command()
    yield from send(pgconn)
    while len(results) < count:
        found = yield from fetch_many(pgconn)
        if not found:
            raise psycopg.OperationalError("the connection ended before every answer had come")
        results += found


@lru_cache(maxsize=TEXTS_CACHED_MAX)
def _compiled(statement: str) -> tuple[bytes, tuple[str, ...], tuple[PyFormat, ...]]:
    """The text as the protocol has it, with $1 for the first parameter, and what each number stands for."""
    found: dict[str, PyFormat] = {}
    for name, form in _PLACEHOLDER.findall(statement):
        found.setdefault(name, PyFormat(form))
    numbers = {name: number for number, name in enumerate(found, 1)}
    text = _PLACEHOLDER.sub(lambda match: f"${numbers[match.group(1)]}", statement).replace("%%", "%")
    return text.encode(), tuple(found), tuple(found.values())


@lru_cache(maxsize=TEXTS_CACHED_MAX)
def _name(text: bytes, types: tuple[int, ...] | None) -> bytes:
    """The same text with parameters of other types is another prepared statement."""
    return b"trip_" + hashlib.sha256(text + repr(types).encode()).hexdigest()[:24].encode()
