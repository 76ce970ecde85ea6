"""What is to be reached (design §10), and whether this run reached it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bench import rerating
from bench.sweep import MOST_MIB, MOST_SECONDS

Lines = Sequence[Mapping[str, Any]]
SWEPT_LOANS = 100_000
LEAST_OF_HOUSEHOLDS = 0.95  # a simulated county has about as many as are asked for
LEAST_TIMES_CONTRIB, MOST_TIMES_PREDICT, LEAST_OF_PEER, MOST_TIMES_SMALLEST = 5.0, 2.0, 0.5, 1.25


def judged(found: Mapping[str, Lines]) -> list[dict[str, Any]]:
    """One entry per target of the parts that ran."""
    lines = [*_explanation(found.get("explanation", ())), *_sweep(found.get("sweep", ()))]
    return [*lines, *_serving(found.get("serving", ())), *_rerating(found.get("rerating", ()))]


def _explanation(lines: Lines) -> Iterator[dict[str, Any]]:
    bulk = {line["peer"]: line["times_ours"] for line in lines if line["rows"] > 1}
    if bulk:
        times = bulk["LightGBM pred_contrib"]
        yield _at_least("bulk SHAP, times faster than pred_contrib", LEAST_TIMES_CONTRIB, times)
        cost = 1 / bulk["LightGBM predict alone"]
        yield _at_most("bulk SHAP, cost of LightGBM's prediction alone", MOST_TIMES_PREDICT, cost)


def _sweep(lines: Lines) -> Iterator[dict[str, Any]]:
    for line in lines:
        if line["wanted"] == SWEPT_LOANS:
            on = f"{line['wanted']:,} loans swept on {line['database']}"
            yield _at_most(f"{on}, seconds", MOST_SECONDS, line["seconds"])
            yield _at_most(f"{on}, MiB", MOST_MIB, line["peak_mib"])
            yield _at_most(f"{on}, cost × smallest", MOST_TIMES_SMALLEST, line["times_smallest"])


def _rerating(lines: Lines) -> Iterator[dict[str, Any]]:
    for line in lines:
        if line["households"] >= LEAST_OF_HOUSEHOLDS * rerating.HOUSEHOLDS:
            what = f"{line['households']:,} households rated again, seconds"
            yield _at_most(what, rerating.MOST_SECONDS, line["seconds"])


def _serving(lines: Lines) -> Iterator[dict[str, Any]]:
    for line in lines:
        if line["request"] == "/score":
            what = f"/score on {line['database']}, {line['connections']} connections, of peer"
            yield _at_least(what, LEAST_OF_PEER, line["of_peer"])


def _at_least(what: str, wanted: float, found: float) -> dict[str, Any]:
    return _verdict(what, f">= {wanted:g}", found, reached=found >= wanted)


def _at_most(what: str, wanted: float, found: float) -> dict[str, Any]:
    return _verdict(what, f"<= {wanted:g}", found, reached=found <= wanted)


def _verdict(what: str, wanted: str, found: float, *, reached: bool) -> dict[str, Any]:
    return {
        "what": what, "wanted": wanted, "found": found, "verdict": "reached" if reached else "not reached"
    }  # fmt: skip
