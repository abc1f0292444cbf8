"""How a browser gets in: a printed address with a one-time token becomes a viewer's cookie for that organization.

The token is spent in the transaction that finds its organization to be the one of the address; a cookie names an
organization by id, so a code that changes hands opens nothing.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from litestar.datastructures import Cookie
from sqlalchemy import Connection

from domain.errors import DomainError
from domain.values import code as checked_code
from infra.database import Database
from infra.settings import Settings
from services.web.addresses import organization_href
from tenants import tokens
from tenants.access import PAGE, Actor, Role
from tenants.credentials import add_page_token, organization_by_code, redeem_page_token
from tenants.tokens import PageSession, TokenKind

TOKEN_VALID = timedelta(days=1)
SESSION_VALID = timedelta(days=30)
COOKIE = "steelyard_page"
TOKEN_PARAMETER = "token"  # noqa: S105 - the name of a parameter


class Locked(Exception):
    """Neither a token nor a cookie opens this address; whether the organization exists is not said."""


@dataclass(frozen=True, slots=True)
class Entrance:
    """What opens pages in this process."""

    database: Database
    token_key: bytes
    secure: bool

    @classmethod
    def of(cls, database: Database, settings: Settings) -> "Entrance":
        return cls(database, settings.token_key_bytes, settings.secure_cookies)

    def viewer(self, code: str, cookie: str | None, now: datetime) -> Actor:
        """The reader with that cookie, of the organization with that code. Raises Locked."""
        session = None if cookie is None else tokens.opened(cookie, self.token_key, now)
        if session is None:
            raise Locked
        with self.database.directory() as connection:
            found = _organization(connection, code)
        if found != session.organization:
            raise Locked
        return Actor(session.organization, PAGE, Role.VIEWER)

    def redeem(self, code: str, token: str, now: datetime) -> Cookie:
        """Spend the token for a cookie. Raises Locked, and spends nothing, if it is not one of that organization."""
        if not tokens.well_formed(token, TokenKind.PAGE):
            raise Locked
        with self.database.directory() as connection:
            found = _organization(connection, code)
            opened = redeem_page_token(connection, tokens.digest(token), now)
            if opened is None or opened != found:
                raise Locked
        return self._cookie(code, opened, now)

    def _cookie(self, code: str, organization: UUID, now: datetime) -> Cookie:
        session = PageSession(organization, (now + SESSION_VALID).replace(microsecond=0))
        return Cookie(
            key=COOKIE,
            value=tokens.signed(session, self.token_key),
            path=organization_href(code),
            max_age=int(SESSION_VALID.total_seconds()),
            httponly=True,
            secure=self.secure,
            samesite="lax",
        )


def issue_page_token(connection: Connection, organization_id: UUID, now: datetime) -> str:
    """A token that opens the organization's pages once within a day; for a directory transaction."""
    token = tokens.token_of(TokenKind.PAGE, secrets.token_bytes(tokens.SECRET_SIZE_BYTES))
    add_page_token(connection, tokens.digest(token), organization_id, now + TOKEN_VALID, now)
    return token


def page_address(public_url: str, code: str, token: str, page: str = "") -> str:
    """What is printed for a person to open; `page` is the rest of the path, e.g. scorecards/strategy."""
    return f"{public_url.rstrip('/')}{organization_href(code)}{page}?{TOKEN_PARAMETER}={token}"


def _organization(connection: Connection, code: str) -> UUID | None:
    try:
        return organization_by_code(connection, checked_code(code))
    except DomainError:
        return None
