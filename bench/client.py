"""A client that sends prepared requests over connections kept alive, and measures each."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from bench.server import HOST

_OK = b"HTTP/1.1 200"


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How much is asked: so many connections, for so long, and no more than so many requests."""

    connections: int
    seconds: float
    most: int = 20_000


def prepared(path: str, body: Mapping[str, Any]) -> bytes:
    """The bytes of one request."""
    data = json.dumps(body, ensure_ascii=False).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(data)}\r\n\r\n".encode() + data


def ask(port: int, requests: Iterator[bytes], load: Load) -> dict[str, float]:
    """Requests per second and latencies in milliseconds; raises where an answer is not 200."""
    return asyncio.run(_all(port, requests, load))


async def _all(port: int, requests: Iterator[bytes], load: Load) -> dict[str, float]:
    start = perf_counter()
    queue = _bounded(requests, until=start + load.seconds, most=load.most)
    parts = await asyncio.gather(*(_connection(port, queue) for _ in range(load.connections)))
    seconds = perf_counter() - start
    times = sorted(time for part in parts for time in part)
    return {
        "requests": len(times),
        "per_second": len(times) / seconds,
        "p50_ms": times[len(times) // 2] * 1e3,
        "p99_ms": times[int(len(times) * 0.99)] * 1e3,
    }


def _bounded(requests: Iterator[bytes], *, until: float, most: int) -> Iterator[bytes]:
    for number, request in enumerate(requests):
        if number >= most or (number > 0 and perf_counter() >= until):
            return
        yield request


async def _connection(port: int, requests: Iterator[bytes]) -> list[float]:
    reader, writer = await asyncio.open_connection(HOST, port)
    times = []
    for request in requests:
        start = perf_counter()
        writer.write(request)
        await _answer(reader)
        times.append(perf_counter() - start)
    writer.close()
    await writer.wait_closed()
    return times


async def _answer(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    body = await reader.readexactly(length)
    if not head.startswith(_OK):
        raise RuntimeError(head.decode(errors="replace") + body.decode(errors="replace"))
