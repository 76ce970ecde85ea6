"""One server in a process of its own: the product, or its peer, on a free loopback port that it prints."""

import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from subprocess import PIPE, Popen

import uvicorn
from fastapi import FastAPI

from app.api.app import create_app
from app.bootstrap import make_desk
from app.cli.serving import ONE_THREAD
from app.settings import Settings
from bench.child import ROOT
from bench.peer import create_peer

HOST = "127.0.0.1"
PRODUCT, PEER = "product", "peer"
SECONDS_TO_STOP = 20
BACKLOG = 128


def product(url: str) -> FastAPI:
    return create_app(make_desk(Settings(database_url=url)))


APPS: dict[str, Callable[[str], FastAPI]] = {PRODUCT: product, PEER: create_peer}


@contextmanager
def running(which: str, url: str) -> Iterator[int]:
    """Serve until the block ends; gives the port."""
    command = [sys.executable, "-m", "bench.server", which, url]
    environment = {**os.environ, **ONE_THREAD}  # as `xindeng serve` has it
    with Popen(command, stdout=PIPE, text=True, cwd=ROOT, env=environment) as child:
        assert child.stdout is not None
        line = child.stdout.readline()
        try:
            yield int(line)
        finally:
            child.terminate()
            child.wait(SECONDS_TO_STOP)


def main(which: str, url: str) -> None:
    app = APPS[which](url)
    # told to be TCP, so that asyncio sends small answers at once
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind((HOST, 0))
    listening.listen(BACKLOG)
    print(listening.getsockname()[1], flush=True)
    # one worker, as `xindeng serve` starts it
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listening])


if __name__ == "__main__":
    main(*sys.argv[1:])
