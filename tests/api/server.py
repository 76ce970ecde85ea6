"""A real server on loopback: in a thread of this process, or in a process of its own."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import uvicorn
from fastapi import FastAPI


@contextmanager
def served(app: FastAPI) -> Iterator[int]:
    """Serve an application; gives the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=2))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 10
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(timeout=10)


@dataclass(frozen=True, slots=True)
class Process:
    """A server in a process of its own."""

    port: int
    running: subprocess.Popen[bytes]

    def peak_mb(self) -> float:
        """This function will read the most memory that the process ever held."""
        status = Path(f"/proc/{self.running.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024


@contextmanager
def serving(database_url: str) -> Iterator[Process]:
    """Serve `app.main` as it is deployed, over a database."""
    environment = {**os.environ, "XINDENG_DATABASE_URL": database_url}
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        command = [
            sys.executable,
            "-m",
            "uvicorn",
            "--factory",
            "app.main:create",
            "--fd",
            str(listener.fileno()),
        ]
        with subprocess.Popen(command, env=environment, pass_fds=[listener.fileno()]) as running:
            try:
                httpx.get(f"http://127.0.0.1:{port}/livez", timeout=60, trust_env=False).raise_for_status()
                yield Process(port, running)
            finally:
                running.terminate()
                running.wait(timeout=20)
