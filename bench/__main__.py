"""`make bench`: measure everything side by side in one run, print it and write build/bench.json."""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any

import typer
from rich.console import Console

from bench import explanation, machine, ranking, rerating, serving, sweep
from bench.child import ROOT
from bench.databases import Databases, databases
from bench.tables import SHOWN
from bench.targets import judged

WIDTH = 130
console = Console(width=WIDTH)
Lines = Sequence[Mapping[str, Any]]


class Part(StrEnum):
    """What can be measured."""

    EXPLANATION = "explanation"
    SERVING = "serving"
    SWEEP = "sweep"
    RERATING = "rerating"
    RANKING = "ranking"


@dataclass(frozen=True)
class Run:
    """One run: its sizes, and databases that start when the first part asks for them."""

    stack: ExitStack
    loans: tuple[int, ...]
    seconds: float
    households: int

    @cached_property
    def databases(self) -> Databases:
        return self.stack.enter_context(databases())


def ranked() -> Lines:
    return ranking.lines(ranking.measure())


MEASURES: Mapping[Part, Callable[[Run], Lines]] = {
    Part.EXPLANATION: lambda _: explanation.measure(),
    Part.SERVING: lambda run: serving.measure(run.databases, run.seconds),
    Part.SWEEP: lambda run: sweep.measure(run.databases, run.loans),
    Part.RERATING: lambda run: rerating.measure(run.households),
    Part.RANKING: lambda _: ranked(),
}


def main(
    parts: Annotated[list[Part] | None, typer.Argument(help="what to measure; everything if none")] = None,
    loans: Annotated[list[int] | None, typer.Option(min=1, help="loans swept; may be given again")] = None,
    seconds: Annotated[float, typer.Option(min=0.1, help="of load per line of serving")] = serving.SECONDS,
    households: Annotated[int, typer.Option(min=1, help="households rated again")] = rerating.HOUSEHOLDS,
    out: Annotated[Path, typer.Option(help="where the figures go")] = ROOT / "build" / "bench.json",
) -> None:
    """Measure speed and memory beside named peers, print tables, and write the figures as JSON."""
    about = machine.facts()
    with ExitStack() as stack:
        run = Run(stack=stack, loans=tuple(loans or sweep.SIZES), seconds=seconds, households=households)
        found = {part.value: _measured(part, run) for part in parts or Part}
    targets = judged(found)
    console.print(SHOWN["targets"].table(targets))
    out.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"machine": about, **found, "targets": targets}, ensure_ascii=False, indent=1)
    out.write_text(text + "\n", encoding="utf-8")


def _measured(part: Part, run: Run) -> Lines:
    start = perf_counter()
    with console.status(f"measuring {part.value} …"):
        lines = MEASURES[part](run)
    console.print(SHOWN[part.value].table(lines), f"[dim]{perf_counter() - start:.0f} s[/dim]\n")
    return lines


if __name__ == "__main__":
    typer.run(main)
