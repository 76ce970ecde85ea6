"""`serve`: the HTTP service in the foreground."""

from typing import Annotated

import typer
import uvicorn

from app.cli.progress import console


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
    uvicorn.run(
        "app.main:create", factory=True, host=host, port=port, workers=workers, log_level="warning",
        timeout_graceful_shutdown=10,
    )  # fmt: skip
