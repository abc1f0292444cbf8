"""Where the service listens, and whether it can."""

import errno
import socket
from typing import Protocol


class CannotListen(Exception):
    """The service cannot listen where its settings say."""

    def __init__(self, host: str, port: int, why: str) -> None:
        super().__init__(f"cannot listen on {host}:{port}: {why}; STEELYARD_HOST and STEELYARD_PORT say where")


class PortTaken(Exception):
    """Something else listens there."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(
            f"{host}:{port} is in use by another program. If that is Steelyard itself, it is running already; "
            "otherwise set STEELYARD_PORT to a free port, such as STEELYARD_PORT=8421"
        )


class Listening(Protocol):
    """What of the settings says where to listen."""

    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...


def require_free_port(where: Listening) -> None:
    """Raises PortTaken or CannotListen. Granian itself would silently share a port with another granian."""
    family = socket.AF_INET6 if ":" in where.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((where.host, where.port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortTaken(where.host, where.port) from None
            raise CannotListen(where.host, where.port, error.strerror or str(error)) from None
