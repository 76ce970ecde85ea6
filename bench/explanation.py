"""Explanation tables beside LightGBM, shap and woodelf-explainer, in one run, one thread each."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import lightgbm
import numpy as np
import pandas as pd  # type: ignore[import-untyped]
import shap
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]
from woodelf import WoodelfExplainer

from app.scoring.tabulate import tabulate

FEATURES, TREES = 40, 200
ROWS = (1, 20_000, 200_000)
OURS = "explanation tables"
LEAST_SECONDS, MOST_RUNS = 1.0, 200
Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Someone who answers; `explains` is False for one that only predicts."""

    name: str
    answer: Callable[[Matrix], Any]
    explains: bool = True


def simulated_rows(n: int, seed: int) -> Matrix:
    """A third of the columns with a tenth missing, a third mostly zero, as ledgers are."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n, FEATURES))
    rows[:, ::3] = np.where(rng.random(rows[:, ::3].shape) < 0.1, np.nan, rows[:, ::3])
    rows[:, 1::3] = np.where(rng.random(rows[:, 1::3].shape) < 0.6, 0.0, rows[:, 1::3])
    return rows


def trained() -> lightgbm.Booster:
    rows = simulated_rows(20_000, seed=1)
    known = np.nan_to_num(rows)
    signal = known @ np.random.default_rng(2).normal(size=FEATURES) * 0.3 + known[:, 2] * known[:, 5]
    bad = signal + np.random.default_rng(3).logistic(size=len(rows)) > 0
    params = {"objective": "binary", "max_depth": 3, "num_threads": 1, "verbose": -1, "seed": 4}
    return lightgbm.train(params, lightgbm.Dataset(rows, bad), TREES)


def peers(model: lightgbm.Booster) -> list[Peer]:
    tables = tabulate(model.dump_model())
    names = model.feature_name()
    explainer, woodelf = shap.TreeExplainer(model), WoodelfExplainer(model)
    return [
        Peer(name=OURS, answer=lambda rows: tables.to_log_odds(tables.contributions(rows)[0])),
        Peer(
            name="LightGBM predict alone",
            explains=False,
            answer=lambda rows: model.predict(rows, num_threads=1),
        ),
        Peer(
            name="LightGBM pred_contrib",
            answer=lambda rows: np.asarray(model.predict(rows, pred_contrib=True, num_threads=1))[:, :-1],
        ),
        Peer(name="shap TreeExplainer", answer=explainer.shap_values),
        Peer(
            name="woodelf-explainer",
            answer=lambda rows: woodelf.shap_values(pd.DataFrame(rows, columns=names), verbose=False),
        ),
    ]


def seconds(answer: Callable[[Matrix], Any], rows: Matrix) -> float:
    """The best of as many runs as fit in a second, after one that warms up on a few rows."""
    answer(rows[:1000])
    times: list[float] = []
    while len(times) < MOST_RUNS and sum(times) < LEAST_SECONDS:
        start = perf_counter()
        answer(rows)
        times.append(perf_counter() - start)
    return min(times)


def measure() -> list[dict[str, Any]]:
    """One entry per peer and number of rows: µs a row, ratio to ours, largest difference from pred_contrib.

    A ratio above 1 says that the peer takes that much longer than the tables.
    """
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # shap announces a shape that it does not return
        model = trained()
        found = peers(model)
        return [line for n in ROWS for line in measured(found, simulated_rows(n, seed=5))]


def measured(found: list[Peer], rows: Matrix) -> list[dict[str, Any]]:
    cost = {peer.name: seconds(peer.answer, rows) / len(rows) * 1e6 for peer in found}
    return [
        {
            "peer": peer.name,
            "rows": len(rows),
            "us_per_row": cost[peer.name],
            "times_ours": cost[peer.name] / cost[OURS],
            "largest_difference": difference(peer, found, rows[:2000]),
        }
        for peer in found
    ]


def difference(peer: Peer, found: list[Peer], rows: Matrix) -> float | None:
    if not peer.explains:
        return None
    truth = next(p for p in found if p.name == "LightGBM pred_contrib").answer(rows)
    return float(np.abs(np.asarray(peer.answer(rows)) - truth).max())


def main() -> None:
    print(f"exact SHAP, {FEATURES} features x {TREES} trees of depth 3, one thread")
    print(f"{'':24}{'rows':>9}{'µs/row':>12}{'times ours':>12}{'largest difference':>20}")
    for line in measure():
        off = "" if line["largest_difference"] is None else f"{line['largest_difference']:.1e}"
        print(
            f"{line['peer']:24}{line['rows']:>9,}{line['us_per_row']:>12.1f}{line['times_ours']:>12.2f}{off:>20}"
        )


if __name__ == "__main__":
    main()
