"""What the processes say, on stderr: for people on a terminal, one JSON object a line otherwise. Never a payload.

Everything goes through Python's logging, so that the libraries' messages come out in the same form.
"""

import logging
import sys

import structlog
from structlog.types import Processor

_SHARED: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)
# These tell of every request, message and migration step at "info", some with their content.
_QUIET = ("httpx", "httpcore", "dramatiq", "alembic", "sqlalchemy", "psycopg", "_granian")


def configure(level: str) -> None:
    """Send every log of this process to stderr from `level` (debug, info, warning, error) on; call it once."""
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_SHARED,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_rendering()],
        )
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _rendering() -> tuple[Processor, ...]:
    if sys.stderr.isatty():
        # The usual traceback shows local variables, among them the keys that people send.
        return (structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),)
    # JSON escapes line breaks: what a stranger sends cannot pretend to be a line of its own.
    return (structlog.processors.format_exc_info, structlog.processors.JSONRenderer())
