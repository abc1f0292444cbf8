"""`steelyard key`: who may use the HTTP interface for an organization, and how to take that back."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer

from domain import streams
from domain.values import KpiId
from services.command_line.organizations import OfOrganization, key_json
from services.command_line.output import AsJson, Json, print_fields, print_json, print_table, remark, say
from services.command_line.session import Session, opened
from services.command_line.statuses import unfit
from services.commands import CommandKey, written
from services.keys import WantedKey, issue_key, revoke_key
from tenants.access import Actor, Role, Scope
from tenants.organization.events import ApiKeyIssued, ApiKeyRevoked

RoleOption = Annotated[Role, typer.Option("--role", "-r", help="What the key may do: docs/api.md has the table.")]
ScopesOption = Annotated[
    list[Scope] | None, typer.Option("--scope", help="Narrow the role; may be given several times.")
]
KpisOption = Annotated[list[str] | None, typer.Option("--kpi", help="Only these KPIs; may be given several times.")]
ExpiresOption = Annotated[datetime | None, typer.Option("--expires", help="Opens nothing from then on (UTC).")]
ReasonOption = Annotated[str | None, typer.Option("--reason", help="Stands in the log.")]


def commands() -> typer.Typer:
    """The commands of this noun."""
    key = typer.Typer(name="key", help="API keys of an organization: issue, list, revoke.", no_args_is_help=True)
    key.command("issue")(issue)
    key.command("list")(list_keys)
    key.command("revoke")(revoke)
    return key


def issue(
    name: Annotated[str, typer.Argument(help="What the key is for; people read it in the list.")],
    organization: OfOrganization,
    role: RoleOption = Role.VIEWER,
    scope: ScopesOption = None,
    kpi: KpisOption = None,
    expires: ExpiresOption = None,
    as_json: AsJson = False,
) -> None:
    """Issue a key and show it, once: nothing keeps it but whoever reads it here.

    Examples:
      $ steelyard key issue import -o acme --role contributor --scope ingest
      $ steelyard key issue auditors -o acme -r auditor --expires 2026-12-31
    """
    wanted = WantedKey(
        name=name,
        role=role,
        scopes=frozenset(scope or ()),
        kpis=frozenset(KpiId(each) for each in kpi or ()),
        expires_at=None if expires is None else expires.replace(tzinfo=UTC),
    )
    with opened() as session:
        issued = issue_key(session.app, session.owner_of(organization), wanted, CommandKey.made())
    if as_json:
        print_json(key_json(issued))
        return
    print_fields("", {"key": issued.token, "id": issued.key_id, "acts for": issued.principal})
    remark("The key is shown this once. Send it as `Authorization: Bearer KEY`.")


def list_keys(organization: OfOrganization, as_json: AsJson = False) -> None:
    """List the keys of an organization with their ids, those that were revoked as well; never a key itself.

    Examples:
      $ steelyard key list --organization acme
    """
    with opened() as session:
        rows = _rows(session, session.owner_of(organization))
    if as_json:
        print_json(rows)
        return
    columns = ("Id", "Name", "Role", "Scopes", "KPIs", "Expires", "State")
    print_table(f"Keys of {organization}", columns, [[str(cell) for cell in row.values()] for row in rows])


def _rows(session: Session, actor: Actor) -> list[dict[str, Json]]:
    """From the organization's own stream, which knows the names; the directory holds digests only."""
    with session.app.database.transaction(actor.tenant) as connection:
        history = session.app.logs.bind(connection, actor.tenant).load(streams.ORGANIZATION)
    events = [recorded.event for recorded in history]
    revoked = {event.key_id for event in events if isinstance(event, ApiKeyRevoked)}
    return [
        {
            "id": event.key_id,
            "name": event.name,
            "role": event.role.value,
            "scopes": ", ".join(event.scopes) or "all of the role",
            "kpis": ", ".join(event.kpis) or "all",
            "expires": "never" if event.expires_at is None else event.expires_at.isoformat(),
            "state": "revoked" if event.key_id in revoked else "issued",
        }
        for event in events
        if isinstance(event, ApiKeyIssued)
    ]


def revoke(
    key_id: Annotated[str, typer.Argument(help="The id from `steelyard key list`.")],
    organization: OfOrganization,
    reason: ReasonOption = None,
) -> None:
    """Revoke a key: it opens nothing within a second.

    Examples:
      $ steelyard key revoke 0192f0c1-... --organization acme --reason "laptop lost"
    """
    try:
        wanted = UUID(key_id)
    except ValueError:
        raise unfit(f"{key_id!r} is no id of a key; `steelyard key list` shows them") from None
    with opened() as session:
        answer = revoke_key(session.app, session.owner_of(organization), wanted, reason, CommandKey.made())
    say(f"revoked, event {written(answer).position}")
