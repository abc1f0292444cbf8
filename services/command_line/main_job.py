"""What `steelyard run` prints: the account of the two examples, then the addresses to open."""

from uuid import UUID

from infra import clock
from services.app import App
from services.command_line import accounts, demos
from services.command_line.output import remark, say
from services.demo import company
from services.demo.hospitals import TWELVE
from services.web.access import issue_page_token, page_address
from tenants.credentials import organization_by_code

NAME_WIDTH = max(len(name) for name in (company.NAME, *(hospital.name for hospital in TWELVE)))


def account_of_examples(app: App) -> None:
    """Load both, unless they are there, and print what they come to."""
    outcome = demos.load_all(app, TWELVE)
    accounts.print_hospitals(outcome.scored)
    changed, scored = demos.company_account(app)
    accounts.print_company(scored)
    say("")
    remark(demos.changes(outcome.changed + changed, len(TWELVE) + 1))


def welcome(app: App) -> None:
    """Where to look, and the key with which more organizations are founded."""
    url = app.settings.public_url
    pages = [(company.CODE, company.NAME), *((hospital.code, hospital.name) for hospital in TWELVE)]
    with app.database.directory() as connection:
        found = [(organization_by_code(connection, code), code, name) for code, name in pages]
    lines = [(name, address(app, organization, code)) for organization, code, name in found if organization is not None]
    if lines:
        say("Pages, each for one browser, once (`steelyard open CODE` prints another address):")
    for name, link in lines:
        say(f"  {name:{NAME_WIDTH}} {link}")
    say(f"API, with documentation: {url}/docs")
    say(f"Operator's key, which founds organizations: {app.settings.operator_key.get_secret_value()}")
    say(f"Steelyard serves {url} - Ctrl-C ends it")


def address(app: App, organization: UUID, code: str) -> str:
    """An address of an organization's pages with a fresh one-time token."""
    with app.database.directory() as connection:
        token = issue_page_token(connection, organization, clock.now())
    return page_address(app.settings.public_url, code, token)
