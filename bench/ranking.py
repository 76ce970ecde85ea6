"""How well each opinion ranks out of time, next to the best that the visible facts allow.

The best possible: a large learner fitted to the *true* probabilities of many simulated loans, with the same
features. What is left up to the true probability itself is not in any ledger. Each county is learnt from the
last so many loans that matured before its test period; the test is the county's last matured loans.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from time import perf_counter
from typing import Any

import lightgbm
import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.features.catalogue import RULE_COLUMNS
from app.policy.policy import Policy, load
from app.scoring.calibrating import days_of
from app.scoring.calibration import Calibration
from app.scoring.explanation_tables import ExplanationTables
from app.scoring.measures import auc, truth_of
from app.scoring.spec import TrainingSpec
from app.scoring.training import Artefact, train_rows
from app.scoring.training_rows import matrix
from bench.opinions import COLUMNS, SPEC, UNTIL, Risk, best_learner, opinions, simulated_rows

FORMAL = 30  # the day of record, at which visits are given out
SEEDS = tuple(range(301, 311))
LOANS, TEST_SHARE = 42_000, 0.25  # of a county, about 20 000 of whose loans matured before the last quarter
SIZES = (500, 2_000, 5_000, 20_000)  # matured loans learnt from
TRUTH_COUNTIES, TRUTH_LOANS = 10, 20_000
Z = 1.645  # 90 % of a normal
OPINIONS = (
    "random",
    "triggers",
    "631",
    "scorecard",
    "learned",
    "together",
    "stacked",
    "best possible",
    "true probability",
)


def measure(
    seeds: Sequence[int] = SEEDS,
    *,
    loans: int = LOANS,
    sizes: Sequence[int] = SIZES,
    truth: tuple[int, int] = (TRUTH_COUNTIES, TRUTH_LOANS),
    best: lightgbm.Booster | None = None,
) -> dict[str, Any]:
    """Measure every county and size, and average with intervals that are paired by county.

    `best` is what `best_learner` gave, where it is at hand already.
    """
    started = perf_counter()
    policy = load("yanchi", features=RULE_COLUMNS)
    best = best or best_learner(policy, *truth)
    found = [line for seed in seeds for line in county(seed, loans, sizes, policy, best)]
    return averaged(found, sizes) | {"seconds": round(perf_counter() - started, 1)}


def averaged(found: Sequence[Mapping[str, Any]], sizes: Sequence[int]) -> dict[str, Any]:
    """Average the counties' lines by size; the curve's last line is that of the largest size."""
    curve = [_averaged([line for line in found if line["size"] == size]) for size in sizes]
    return {"curve": curve, "counties": len({line["seed"] for line in found}), "each": list(found)}


def _averaged(lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    numbers = [name for name, value in lines[0].items() if isinstance(value, float)]
    values = {name: np.array([line[name] for line in lines]) for name in numbers}
    means = {name: float(each.mean()) for name, each in values.items()}
    halves = {name: _half_width(each) for name, each in values.items()}
    return {"size": lines[0]["size"], "mean": means, "plus_minus": halves}


def _half_width(each: Risk) -> float:
    return float(Z * each.std(ddof=1) / np.sqrt(len(each))) if len(each) > 1 else float("nan")


def county(
    seed: int, loans: int, sizes: Sequence[int], policy: Policy, best: lightgbm.Booster
) -> Iterator[dict[str, Any]]:
    """Measure one county with every number of loans learnt from."""
    rows = simulated_rows([seed], loans, policy).filter(pl.col("weight") > 0)
    ends = rows.unique("loan_id")["ends_on"].sort()
    start = ends[int((1 - TEST_SHARE) * len(ends))]
    before, test = rows.filter(pl.col("ends_on") < start), rows.filter(pl.col("ends_on") >= start)
    matured = before.unique("loan_id").sort("ends_on", "loan_id")["loan_id"]
    for size in sizes:
        known = before.filter(pl.col("loan_id").is_in(matured.tail(size).implode()))
        yield {"seed": seed, "size": size} | _figures(known, test, best, _capacity(policy))


def _capacity(policy: Policy) -> float:
    """Give the share of maturing loans that a township can visit beyond what the calendar asks."""
    return float(policy.at(UNTIL).parameters["advice_visits_per_hundred"]) / 100


def _figures(
    known: pl.DataFrame, test: pl.DataFrame, best: lightgbm.Booster, capacity: float
) -> dict[str, float]:
    """Train on the rows known, the test period's only to judge."""
    artefact = train_rows(pl.concat([known, test]), COLUMNS, _spec(known, test))
    risks = opinions(artefact, test, best)
    bad, weight, truth = (test[name].to_numpy() for name in ("bad", "weight", "true_pd"))
    ranks = {name: _auc(risk, bad, weight) for name, risk in risks.items()}
    expected = {name: expected_auc(risk, truth) for name, risk in risks.items()}
    top, most = ranks["best possible"] - 0.5, expected["best possible"] - 0.5
    formal = (test["ends_on"] - test["as_of"]).dt.total_days() == FORMAL
    day = test.filter(formal)
    caught = {name: _caught(day, risk[formal.to_numpy()], capacity) for name, risk in risks.items()}
    return {
        **{f"auc {name}": value for name, value in ranks.items()},
        **{f"way {name}": (value - 0.5) / top for name, value in ranks.items()},
        **{f"expected way {name}": (value - 0.5) / most for name, value in expected.items()},
        **{f"caught {name}": value for name, value in caught.items()},
        **{f"caught beyond {name}": caught["learned"] - value for name, value in caught.items()},
        **_flagged(day),
        **_truth(artefact, test, formal),
    }


def _spec(known: pl.DataFrame, test: pl.DataFrame) -> TrainingSpec:
    """Cut where the test period begins: shares of all loans, two thirds of those before it the earlier."""
    learnt, judged = (part["loan_id"].n_unique() for part in (known, test))
    share = learnt / (learnt + judged)
    return replace(SPEC, shares=(0.65 * share, 0.35 * share, 1.0 - share))


def _auc(risk: Risk, bad: Risk, weight: Risk) -> float:
    found = auc(risk, bad, weight)
    assert found is not None, "the test part holds both outcomes"
    return found


def expected_auc(risk: Risk, truth: Risk) -> float:
    """Give the AUC to be expected over all outcomes that the true probabilities allow: free of their luck."""
    both = np.r_[np.ones_like(truth), np.zeros_like(truth)]
    return _auc(np.r_[risk, risk], both, np.r_[truth, 1.0 - truth])


def _flagged(day: pl.DataFrame) -> dict[str, float]:
    """Tell why triggers first catch fewer: the share of loans that fired, and how many of those default."""
    fired = day.filter(pl.col("fired") == pl.col("fired").max())
    return {"fired": fired.height / day.height, "fired defaulted": float(fired["bad"].to_numpy().mean())}


def _caught(test: pl.DataFrame, risk: Risk, capacity: float) -> float:
    """Give the share of defaults among the loans that each township would visit first, quarter by quarter."""
    place = ["township_code", pl.col("ends_on").dt.truncate("1q")]
    first = pl.col("risk").rank("ordinal", descending=True).over(place)
    visited = (first <= (capacity * pl.len().over(place)).ceil()).alias("visited")
    ranked = test.with_columns(pl.Series("risk", risk)).with_columns(visited)
    return float(ranked.filter("visited")["bad"].sum()) / float(ranked["bad"].sum())


def _truth(artefact: Artefact, test: pl.DataFrame, formal: pl.Series) -> dict[str, float]:
    """Give calibration overall and on the formal day, and how often intervals hold the truth of a decile."""
    said = _calibrated(artefact, test)
    found: dict[str, float] = {}
    for name, mask in (("", np.ones(test.height, bool)), (f" at {FORMAL} days", formal.to_numpy())):
        part = truth_of(said[0][mask], test["bad"].to_numpy()[mask], test["weight"].to_numpy()[mask])
        found |= {f"{key}{name}": part[f"calibration_{key}"] for key in ("slope", "intercept")}
        found[f"logloss{name}"] = part["logloss"]
    return found | {"deciles' truth held": _held(said, test["true_pd"].to_numpy())}


def _calibrated(artefact: Artefact, test: pl.DataFrame) -> Sequence[NDArray[np.int64]]:
    tables = ExplanationTables.from_bytes(artefact.files["tables.npz"])
    calibration = Calibration.from_dict(json.loads(artefact.files["calibration.json"]))
    return calibration.apply(tables.contributions(matrix(test, COLUMNS))[1], days_of(test))


def _held(said: Sequence[NDArray[np.int64]], truth: Risk) -> float:
    place = np.argsort(np.argsort(said[0], kind="stable")) * 10 // len(truth)
    low, high, true = (np.bincount(place, part) for part in (said[1], said[2], truth * 1e6))
    return float(((low <= true) & (true <= high)).mean())


def lines(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Set the largest size's opinions as lines, then the curve of the learned one, then its calibration."""
    full = found["curve"][-1]
    told = [_line(name, full, name) for name in OPINIONS]
    curve = [_line("learned", one, f"learned, {one['size']} loans") for one in found["curve"][:-1]]
    return told + curve + [_told(line) for line in found["each"] if line["size"] == full["size"]]


def _line(name: str, one: Mapping[str, Any], shown: str) -> dict[str, Any]:
    keys = {"auc": f"auc {name}", "way": f"way {name}", "caught": f"caught {name}"}
    values = {key: one["mean"][figure] for key, figure in keys.items()}
    truth = one["mean"] if name == "learned" else {}
    return {
        "opinion": shown, **values, "way_plus_minus": one["plus_minus"][keys["way"]],
        "expected": one["mean"][f"expected way {name}"],
        "expected_plus_minus": one["plus_minus"][f"expected way {name}"],
        "beyond": 0.0 - one["mean"][f"caught beyond {name}"],
        "beyond_plus_minus": one["plus_minus"][f"caught beyond {name}"],
        "slope": truth.get("slope"), "slope_formal": truth.get(f"slope at {FORMAL} days"),
        "intercept": truth.get("intercept"), "held": truth.get("deciles' truth held"),
    }  # fmt: skip


def _told(line: Mapping[str, Any]) -> dict[str, Any]:
    """Tell of one county: the learned opinion, and what triggers put first."""
    fired = f"county {line['seed']}: {line['fired']:.0%} red, {line['fired defaulted']:.0%} of them default"
    one = {"mean": line, "plus_minus": dict.fromkeys(line, None)}
    return _line("learned", one, fired)
