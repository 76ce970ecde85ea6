"""The outermost layer, in plain ASGI: body limit, headers of every answer, and the last net for errors."""

import logging
import traceback
from collections.abc import Sequence
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.errors import BodyTooLargeError, expected_problem, unexpected_problem

_LOG: Final = logging.getLogger("xindeng.api")
_HEADERS: Final = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}


class Edge:
    """This class will bound bodies, mark answers as private and turn what escapes into problem+json."""

    def __init__(self, app: ASGIApp, *, max_body_bytes: int) -> None:
        """This function will wrap an application; the limit is in bytes, declared or counted."""
        self.app = app
        self.max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """This function will serve one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        await self._http(scope, receive, _Answer(send))

    async def _http(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        try:
            self._check_declared(scope)
            await self.app(scope, self._counted(receive), answer)
        except ClientDisconnect:
            _LOG.info("the client left before the body was whole")
        except BodyTooLargeError as error:
            await answer.unless_begun(expected_problem(error), scope, receive)
        except Exception as error:  # noqa: BLE001 - the last net; nothing of the inside may leave
            _LOG.error("unexpected %s at %s", type(error).__name__, " < ".join(_places(error)))
            await answer.unless_begun(unexpected_problem(), scope, receive)

    def _check_declared(self, scope: Scope) -> None:
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdecimal() and int(declared) > self.max_body_bytes:
            raise too_large(self.max_body_bytes)

    def _counted(self, receive: Receive) -> Receive:
        seen = 0

        async def counting() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self.max_body_bytes:
                raise too_large(self.max_body_bytes)
            return message

        return counting


class _Answer:
    """Sends an answer with the common headers, and knows whether it has begun."""

    def __init__(self, send: Send) -> None:
        self.send = send
        self.begun = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun = True
            MutableHeaders(scope=message).update(_HEADERS)
        await self.send(message)

    async def unless_begun(self, response: ASGIApp, scope: Scope, receive: Receive) -> None:
        if not self.begun:
            await response(scope, receive, self)


def too_large(limit: int) -> BodyTooLargeError:
    """This function will say how large a body may be."""
    zh = f"请求体不得超过 {limit} 字节；请分批提交。"
    return BodyTooLargeError(zh=zh, en=f"A body may have at most {limit} bytes; send it in parts.")


def _places(error: BaseException) -> Sequence[str]:
    """Files and lines only: messages and values may hold personal data."""
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    return [f"{frame.filename}:{frame.lineno}" for frame in reversed(frames)]
