"""The outermost layer: body limits before reading on, private answers, and a net under everything."""

import asyncio
import json
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from app.api.edges import Edge

LIMIT = 1_000
Sent = list[Message]


async def reading(_: Scope, receive: Receive, send: Send) -> None:
    """An application that reads everything it is sent."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})


async def breaking(_: Scope, __: Receive, ___: Send) -> None:
    raise ValueError("11010119800101007X")


def served(app: Any, chunks: list[bytes], headers: list[tuple[bytes, bytes]]) -> tuple[Sent, int]:
    """Serve one request; give the messages sent and how many chunks were taken."""
    sent: Sent = []
    taken = 0

    async def receive() -> Message:
        nonlocal taken
        taken += 1
        return {"type": "http.request", "body": chunks[taken - 1], "more_body": taken < len(chunks)}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "headers": headers}
    asyncio.run(Edge(app, max_body_bytes=LIMIT)(scope, receive, send))
    return sent, taken


def headers_of(sent: Sent) -> dict[bytes, bytes]:
    return dict(sent[0]["headers"])


def test_a_body_at_the_limit_is_read() -> None:
    sent, _ = served(reading, [b"x" * 500, b"x" * 500], [(b"content-length", b"1000")])

    assert sent[0]["status"] == 200


def test_a_declared_body_over_the_limit_is_refused_without_reading() -> None:
    sent, taken = served(reading, [b"x" * 1_001], [(b"content-length", b"1001")])

    assert (sent[0]["status"], taken) == (413, 0)
    assert headers_of(sent)[b"content-type"] == b"application/problem+json"
    assert headers_of(sent)[b"connection"] == b"close"


def test_a_chunked_body_is_refused_as_soon_as_it_passes_the_limit() -> None:
    sent, taken = served(reading, [b"x" * 400] * 1_000, [(b"transfer-encoding", b"chunked")])

    assert (sent[0]["status"], taken) == (413, 3)


def test_a_body_longer_than_declared_is_counted() -> None:
    sent, _ = served(reading, [b"x" * 400] * 4, [(b"content-length", b"10")])

    assert sent[0]["status"] == 413


def test_every_answer_is_private_and_never_stored() -> None:
    sent, _ = served(reading, [b""], [])

    assert headers_of(sent)[b"cache-control"] == b"private, no-store"


def test_an_unexpected_error_tells_nothing_of_its_inside(caplog: pytest.LogCaptureFixture) -> None:
    sent, _ = served(breaking, [b""], [])

    body = json.loads(sent[1]["body"])
    assert (sent[0]["status"], body["code"]) == (500, "internal")
    assert "11010119800101007X" not in json.dumps(body) + caplog.text
    assert "ValueError" in caplog.text
    assert "test_edges.py" in caplog.text
