"""Whoever types commands on the machine itself: they could as well read the database's files."""

from uuid import UUID

from tenants.access import LOCAL, Actor, Role


def local_owner(organization: UUID) -> Actor:
    """The actor behind a command typed on this machine."""
    return Actor(organization, LOCAL, Role.OWNER)
