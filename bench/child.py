"""Run one function in a process of its own, so that time and memory are its alone."""

import json
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from subprocess import PIPE, run
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
STATUS = Path("/proc/self/status")


def in_child(function: Callable[..., dict[str, Any]], **arguments: Any) -> dict[str, Any]:
    """What a function of this package returned in a new process, with that process's `peak_mib`."""
    name = f"{function.__module__}:{function.__name__}"
    command = [sys.executable, "-m", "bench.child", name, json.dumps(arguments)]
    answer: dict[str, Any] = json.loads(run(command, stdout=PIPE, check=True, cwd=ROOT).stdout)
    return answer


def peak_mib() -> float:
    """The most memory resident so far; Linux's own count, since rusage also counts who started us."""
    if STATUS.exists():
        lines = STATUS.read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return getrusage(RUSAGE_SELF).ru_maxrss * unit / 2**20


def main(name: str, arguments: str) -> None:
    module, function = name.split(":")
    answer = getattr(import_module(module), function)(**json.loads(arguments))
    print(json.dumps({**answer, "peak_mib": peak_mib()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
