"""`steelyard log` and `steelyard verify`: read an organization's log, and check that it is what was once appended."""

from collections.abc import Mapping, Sequence
from typing import Annotated
from uuid import UUID

import typer
from rich.progress import Progress

from domain import streams
from infra.eventstore.log import Recorded
from infra.eventstore.verify import LogAltered, Verified, verify_log
from services.app import App
from services.command_line.comparisons import Compared, compare, comparisons_json, print_comparisons
from services.command_line.organizations import OfOrganization, all_organizations
from services.command_line.output import AsJson, Json, print_json, print_table, progress, remark, say, telling
from services.command_line.session import Session, opened
from services.command_line.statuses import found_wrong
from tenants.organization.events import ApiKeyIssued

EVENTS_PER_READ = 500
EVENTS_SHOWN = 50
VERIFY_SECONDS_MAX = 3_600.0
"""A verification only reads and locks nothing, so it may take its time."""

After = Annotated[int, typer.Option(help="Begin after this position.", min=0)]
Limit = Annotated[int, typer.Option(help="At most so many events.", min=1, max=1_000_000)]
Maybe = Annotated[str | None, typer.Option("--organization", "-o", help="Only this one; all without.")]
Projections = Annotated[
    bool, typer.Option("--projections", help="Also build every projection anew from its log and compare.")
]


def log(organization: OfOrganization, after: After = 0, limit: Limit = EVENTS_SHOWN, as_json: AsJson = False) -> None:
    """List the events of an organization in order: what happened, when, on which stream, who did it.

    Who did it is the key by the name it was given. With --json every event is a
    line with its whole content and ids: a way to hand the log to another program.

    Examples:
      $ steelyard log --organization company
      $ steelyard log -o company --after 60 --limit 1000000 --json > events.jsonl
    """
    with opened() as session:
        tenant = session.owner_of(organization).tenant
        events = _events(session, tenant, after, limit)
        names = {} if as_json else _key_names(session, tenant)
        if as_json:
            for event in events:
                print_json(_line(session.app, event))
            if len(events) == limit:
                remark(f"more: --after {events[-1].position}, or a higher --limit")
            return
    rows = [
        (str(event.position), f"{event.recorded_at:%Y-%m-%d %H:%M:%S}", event.stream, event.name, who(event, names))
        for event in events
    ]
    print_table(f"Log of {organization}", ("Position", "Recorded (UTC)", "Stream", "Event", "By"), rows, _NUMBERS)
    if len(events) == limit:
        say(f"more: steelyard log --organization {organization} --after {events[-1].position}")


_NUMBERS = frozenset({"Position"})


def _events(session: Session, tenant: UUID, after: int, limit: int) -> list[Recorded]:
    found: list[Recorded] = []
    with session.app.database.transaction(tenant) as connection:
        reader = session.app.logs.bind(connection, tenant)
        while len(found) < limit:
            page = reader.read(after, min(EVENTS_PER_READ, limit - len(found)))
            if not page:
                break
            found.extend(page)
            after = page[-1].position
    return found


def _key_names(session: Session, tenant: UUID) -> dict[str, str]:
    """What the keys were called when they were issued, by id."""
    with session.app.database.transaction(tenant) as connection:
        history = session.app.logs.bind(connection, tenant).load(streams.ORGANIZATION)
    issued = [recorded.event for recorded in history if isinstance(recorded.event, ApiKeyIssued)]
    return {event.key_id: event.name for event in issued}


def who(event: Recorded, names: Mapping[str, str]) -> str:
    """The key by its name; without a key, whoever acted from the machine itself or founded."""
    key_id = event.metadata.key_id
    return event.metadata.actor if key_id is None else names.get(key_id, key_id)


def _line(app: App, event: Recorded) -> Json:
    _name, _schema, body = app.codec.encode(event.event)
    return {
        "position": event.position,
        "recorded_at": event.recorded_at.isoformat(),
        "stream": event.stream,
        "version": event.version,
        "event": event.name,
        "schema": event.schema,
        "actor": event.metadata.actor,
        "body": body,
    }


def verify(organization: Maybe = None, projections: Projections = False, as_json: AsJson = False) -> None:
    """Recompute every leaf of the logs and their roots from the stored bytes, and compare.

    Ends with 1 if a log is not what was appended, and names the first position
    at which that shows. A root that was written down elsewhere proves later that
    nothing before it was rewritten. With --projections everything that is read of
    the logs is built anew beside what is there and compared row by row.

    Examples:
      $ steelyard verify
      $ steelyard verify --organization company --json
      $ steelyard verify --projections
    """
    with opened() as session, progress() as bar:
        if organization is None:
            wanted = [(code, tenant) for code, tenant, _ in all_organizations(session.app)]
        else:
            wanted = [(organization, session.owner_of(organization).tenant)]
        results = {code: _verified(session.app, tenant, code, bar) for code, tenant in wanted}
        whole = [(code, tenant) for code, tenant in wanted if isinstance(results[code], Verified)]
        found = compare(session.app, whole, telling(bar)) if projections else []
    if as_json:
        print_json([_verdict(code, result, found) for code, result in results.items()])
    else:
        _print(results)
        if projections:
            print_comparisons(found)
    if len(whole) < len(wanted) or any(each.wrong for _code, each in found):
        raise found_wrong()


def _verified(app: App, tenant: UUID, code: str, bar: Progress) -> Verified | LogAltered:
    task = bar.add_task(f"verifying {code}", total=None)
    try:
        with app.database.transaction(tenant, deadline_seconds=VERIFY_SECONDS_MAX) as connection:
            return verify_log(connection, tenant, lambda done, size: bar.update(task, completed=done, total=size))
    except LogAltered as found:
        return found
    finally:
        bar.remove_task(task)


def _verdict(code: str, result: Verified | LogAltered, found: Sequence[tuple[str, Compared]]) -> Json:
    if isinstance(result, LogAltered):
        return {"organization": code, "whole": False, "position": result.position, "flaw": result.flaw.value}
    verdict: dict[str, Json] = {"organization": code, "whole": True, "events": result.size, "root": result.root.hex()}
    if found:
        verdict["projections"] = comparisons_json([(whose, each) for whose, each in found if whose == code])
    return verdict


def _print(results: dict[str, Verified | LogAltered]) -> None:
    rows = [
        (code, "ALTERED", str(result), "")
        if isinstance(result, LogAltered)
        else (code, "whole", f"{result.size} events", result.root.hex())
        for code, result in results.items()
    ]
    print_table("Logs", ("Organization", "Verdict", "", "Root"), rows)
    whole = sum(isinstance(result, Verified) for result in results.values())
    say(f"{whole} of {len(results)} logs are whole")
