"""`serve`: the HTTP service in the foreground."""

import os
import sys
from typing import Annotated, Final

import typer

from app.cli.progress import console

# Frames of requests are small: to share them among threads costs more. Polars reads this when it is loaded.
ONE_THREAD: Final = {"POLARS_MAX_THREADS": "1"}
_SERVER: Final = ("-m", "uvicorn", "--factory", "app.main:create", "--log-level", "warning",
                  "--timeout-graceful-shutdown", "10")  # fmt: skip


def register(app: typer.Typer) -> None:
    """This function will add the command."""
    app.command()(serve)


def serve(
    host: Annotated[str, typer.Option(help="address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="port to listen on", envvar="PORT")] = 8000,
    workers: Annotated[int, typer.Option(min=1, help="processes")] = 1,
) -> None:
    """Serve the API until interrupted."""
    base = f"http://{host}:{port}"
    console.print(f"serving on {base}, stop with Ctrl-C 服务已启动")
    for path in ("docs", "warnings?light=red&limit=20", "warnings/summary?by=township"):
        console.print(f"  {base}/{path}", highlight=False)
    given = ("--host", host, "--port", str(port), "--workers", str(workers))
    sys.stdout.flush()
    os.execve(sys.executable, (sys.executable, *_SERVER, *given), {**ONE_THREAD, **os.environ})  # noqa: S606
