"""`steelyard organization`: found one, list them, show one."""

from typing import Annotated
from uuid import UUID

import typer
from sqlalchemy import select

from domain.calendar import Calendar
from infra.eventstore.log import Head
from services.app import App
from services.command_line.output import AsJson, Json, print_fields, print_json, print_table, remark
from services.command_line.session import opened
from services.commands import CommandKey
from services.founding import Founding, found_organization
from services.keys import IssuedKey
from tenants.credentials import organization as directory

ORGANIZATIONS_MAX = 100_000

OfOrganization = Annotated[str, typer.Option("--organization", "-o", help="Code of the organization.")]
Code = Annotated[str, typer.Argument(help="Code of the organization, such as acme.")]


def commands() -> typer.Typer:
    """The commands of this noun."""
    help_text = "Organizations of this service: create, list, show."
    organization = typer.Typer(name="organization", help=help_text, no_args_is_help=True)
    organization.command("create")(create)
    organization.command("list")(list_all)
    organization.command("show")(show)
    return organization


def create(
    code: Code,
    name: Annotated[str, typer.Option(help="What people call it.")],
    time_zone: Annotated[str, typer.Option(help="IANA zone in which its days end.")] = "UTC",
    start_month: Annotated[int, typer.Option(help="First month of its fiscal year, 1 to 12.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Found an organization, as the operator, and show the key of its first owner, once.

    A fiscal year is named by the civil year in which it ends.

    Examples:
      $ steelyard organization create acme --name "Acme Ltd"
      $ steelyard organization create agency --name Agency --start-month 10
    """
    calendar = Calendar(start_month, "end", time_zone)
    wanted = Founding(code, name, None if calendar == Calendar() else calendar)
    with opened(founding=True) as session:
        issued = found_organization(session.app, wanted, CommandKey.made())
    if as_json:
        print_json({"organization": str(issued.organization), "code": code, **key_json(issued)})
        return
    print_fields("", {"organization": code, "id": str(issued.organization), "owner's key": issued.token})
    remark("The key is shown this once. Send it as `Authorization: Bearer KEY`.")


def key_json(issued: IssuedKey) -> dict[str, Json]:
    """A key in the words of the HTTP interface."""
    return {"key_id": issued.key_id, "principal": issued.principal, "token": issued.token}


def list_all(as_json: AsJson = False) -> None:
    """List the organizations with the length of their logs.

    Examples:
      $ steelyard organization list
    """
    with opened() as session:
        rows = all_organizations(session.app)
    if as_json:
        print_json([_json(code, organization, head) for code, organization, head in rows])
        return
    cells = [(code, str(organization), str(head.position), _time(head)) for code, organization, head in rows]
    print_table(f"{len(cells)} organizations", ("Code", "Id", "Events", "Last event"), cells, frozenset({"Events"}))


def show(code: Code, as_json: AsJson = False) -> None:
    """Show an organization: its id and how long its log is.

    Examples:
      $ steelyard organization show company
    """
    with opened() as session:
        actor = session.owner_of(code)
        with session.app.database.transaction(actor.tenant) as connection:
            head = session.app.logs.bind(connection, actor.tenant).head()
    if as_json:
        print_json(_json(code, actor.tenant, head))
        return
    fields = {"id": str(actor.tenant), "events": str(head.position), "last event": _time(head)}
    print_fields(code, fields)


def all_organizations(app: App) -> list[tuple[str, UUID, Head]]:
    """Code, id and end of the log of every organization, in order of code.

    Heads as the scheduler sees them; the directory is asked for the code of one id at a time, as everywhere.
    """
    with app.database.scheduler() as connection:
        heads = connection.exec_driver_sql(
            "SELECT h.tenant_id, h.position, h.recorded_at, h.definition_position FROM steelyard.tenant_head h"
            " ORDER BY h.tenant_id LIMIT %s",
            (ORGANIZATIONS_MAX,),
        ).all()
    with app.database.directory() as connection:
        codes = {
            row.tenant_id: connection.execute(
                select(directory.c.code).where(directory.c.organization_id == row.tenant_id)
            ).scalar_one_or_none()
            for row in heads
        }
    known = [
        (codes[row.tenant_id], row.tenant_id, Head(row.position, row.recorded_at, row.definition_position))
        for row in heads
    ]
    return sorted(((code, tenant, head) for code, tenant, head in known if code is not None), key=lambda each: each[0])


def _json(code: str, organization: UUID, head: Head) -> Json:
    return {"code": code, "id": str(organization), "events": head.position, "last_event": head.recorded_at.isoformat()}


def _time(head: Head) -> str:
    return head.recorded_at.strftime("%Y-%m-%d %H:%M UTC")
