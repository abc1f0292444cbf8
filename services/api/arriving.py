"""The body of a request as it comes in: within its time, and a large one only from whoever may send it."""

import asyncio
from collections.abc import Awaitable, Callable

from litestar import Request
from litestar.datastructures import State

from services.api.problems import Problem

UNASKED_BYTES_MAX = 65_536
"""So much is read before the key is looked at: one step on a thread less for nearly all requests."""

AnyRequest = Request[object, object, State]
Admit = Callable[[], Awaitable[None]]


async def arrived(request: AnyRequest, admit: Admit, seconds_max: float) -> bytes:
    """The whole body; `admit` raises what a caller is told who may not send one. Raises Problem `too-slow`.

    A body that does not say how long it is may become large.
    """
    length = request.content_length
    if length is None or length > UNASKED_BYTES_MAX:
        await admit()
    try:
        async with asyncio.timeout(seconds_max):
            return await request.body()
    except TimeoutError:
        raise Problem("too-slow", f"the body was not there after {seconds_max:g} seconds") from None
