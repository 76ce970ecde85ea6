"""Against a real server: huge bodies in bounded memory, and a client generated from the description."""

import http.client
import importlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.api.app import create_app
from app.api.examples import SCORE
from app.services.desk import Desk
from app.settings import Settings
from tests.api.server import served, serving

HUNDRED_MB = 100_000_000
LIMIT = Settings().max_body_bytes
CHUNK = b" " * 1_000_000
# The server process must not learn: none of these may be loaded to serve.
LEARNERS = ("lightgbm", "shap", "sklearn", "numba")


@pytest.fixture(scope="module")
def port(county: Desk) -> Iterator[int]:
    with served(create_app(county)) as number:
        yield number


def first_line(connection: socket.socket) -> bytes:
    return connection.recv(65_536).partition(b"\r\n")[0]


def test_a_hundred_megabytes_declared_are_refused_before_they_are_sent(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(
            b"POST /score HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n" % HUNDRED_MB
        )

        assert first_line(connection).startswith(b"HTTP/1.1 413 ")


def test_a_hundred_megabytes_in_chunks_are_refused_in_bounded_memory(sqlite_url: str) -> None:
    with serving(sqlite_url) as server:
        before = server.peak_mb()
        sent = [bytes_taken(server.port) for _ in range(3)]

        assert max(sent) < HUNDRED_MB
        assert server.peak_mb() - before < 50
        assert httpx.get(f"http://127.0.0.1:{server.port}/readyz", trust_env=False).status_code == 200


def bytes_taken(port: int) -> int:
    """Send without end, until the server answers and closes."""
    sent = 0
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(
            b"POST /score HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        with suppress(ConnectionError):
            for _ in range(HUNDRED_MB // len(CHUNK)):
                connection.sendall(b"%x\r\n%b\r\n" % (len(CHUNK), CHUNK))
                sent += len(CHUNK)
    return sent


def test_a_body_a_little_over_the_limit_is_told_so_in_chunks_too(port: int) -> None:
    headers = {"Content-Type": "application/json"}
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request(
            "POST", "/score", iter([CHUNK] * (LIMIT // len(CHUNK)) + [b" "]), headers, encode_chunked=True
        )

        assert connection.getresponse().status == 413


def test_others_are_served_while_somebody_sends_too_much(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as slow:
        slow.sendall(
            b"POST /score HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Content-Length: 7000000\r\n\r\n"
        )
        slow.sendall(CHUNK)
        began = time.monotonic()

        response = httpx.get(f"http://127.0.0.1:{port}/livez", timeout=5, trust_env=False)

        assert response.status_code == 200
        assert time.monotonic() - began < 2


@pytest.fixture(scope="module")
def generated(port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A client made by openapi-python-client from the description that the server gives."""
    folder = tmp_path_factory.mktemp("generated")
    description = folder / "openapi.json"
    description.write_bytes(httpx.get(f"http://127.0.0.1:{port}/openapi.json", trust_env=False).content)
    command = [
        str(Path(sys.executable).parent / "openapi-python-client"), "generate", "--meta", "none",
        "--path", str(description), "--output-path", str(folder / "xindeng_client"), "--fail-on-warning",
    ]  # fmt: skip
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # it formats with ruff
    environment = {**os.environ, "PATH": path}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    sys.path.insert(0, str(folder))
    yield importlib.import_module("xindeng_client")
    sys.path.remove(str(folder))


def test_a_generated_client_scores_an_application(generated: Any, port: int) -> None:
    score = importlib.import_module("xindeng_client.api.score.score")
    models = importlib.import_module("xindeng_client.models")
    with generated.Client(base_url=f"http://127.0.0.1:{port}", httpx_args={"trust_env": False}) as client:
        answer = score.sync(client=client, body=models.ScoreRequest.from_dict(SCORE))

    assert isinstance(answer, models.ScoreAnswer)
    assert answer.application_id == "SIM-A-1"
    assert answer.rating.points == sum(indicator.points or 0 for indicator in answer.rating.indicators)


def test_a_generated_client_walks_the_list(generated: Any, port: int) -> None:
    listed = importlib.import_module("xindeng_client.api.warnings.list_warnings")
    models = importlib.import_module("xindeng_client.models")
    with generated.Client(base_url=f"http://127.0.0.1:{port}", httpx_args={"trust_env": False}) as client:
        first = listed.sync(client=client, limit=3, light=models.Light.YELLOW)
        second = listed.sync(client=client, limit=3, light=models.Light.YELLOW, cursor=first.next_cursor)

    assert [row.light for row in first.items] == ["yellow"] * 3
    assert {row.loan_id for row in first.items}.isdisjoint(row.loan_id for row in second.items)


def test_a_generated_client_reads_a_problem(generated: Any, port: int) -> None:
    warn = importlib.import_module("xindeng_client.api.warning.warn")
    models = importlib.import_module("xindeng_client.models")
    with generated.Client(base_url=f"http://127.0.0.1:{port}", httpx_args={"trust_env": False}) as client:
        answer = warn.sync(client=client, body=models.WarningRequest(loan_id="SIM-NOBODY"))

    assert isinstance(answer, models.ProblemAnswer)
    assert answer.code == "not_found"


def test_the_server_loads_nothing_that_learns(sqlite_url: str) -> None:
    program = (
        "import sys; from app.main import create; create().openapi();"
        f"print([name for name in {LEARNERS!r} if name in sys.modules])"
    )
    environment = {**os.environ, "XINDENG_DATABASE_URL": sqlite_url}

    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"
