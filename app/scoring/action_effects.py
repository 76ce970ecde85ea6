"""Estimates what actions change, from loans whose outcome under every action is known."""

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.domain.effects import EFFECTS_SCHEMA, EVERY_CAUSE
from app.domain.errors import TrainingError
from app.domain.money import PPM
from app.domain.words import Action
from app.scoring.logistic import expit, logit

FOLLOWED: Final = ("cluster", "loan", "strength", "pd_ppm", "cause", "action", "failed", "loss")
CENTRAL: Final = "central"
_ACTIONS: Final = tuple(action.value for action in Action)
_COLLECT: Final = _ACTIONS.index(Action.COLLECT)
_DIGITS: Final = 4  # enough for an effect, too few for the last bits of another machine's exp
_HALVINGS: Final = 60
_WIDEST: Final = 30.0  # log-odds
_EDGE_PPM: Final = 1.0
_SPREAD: Final = ("low", "high")
_QUANTITIES: Final = ("shift", "loss_ratio")
Matrix = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectsSpec:
    """One estimate of effects: what the loans are, and how few are too few for a row."""

    basis: str
    least_loans: int = 200
    least_failures: int = 20  # when collected; a cause with fewer has no row of its own
    least_losses: int = 10
    least_clusters: int = 10
    z: float = 1.96

    def to_dict(self) -> dict[str, Any]:
        """Write the spec as plain JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Sample:
    """Loans (n,), and what became of them under every action (n, A)."""

    offset: Matrix
    cluster: Ints
    failed: Matrix
    loss: Matrix

    def of(self, rows: NDArray[np.bool_]) -> "_Sample":
        """Keep some loans."""
        _, cluster = np.unique(self.cluster[rows], return_inverse=True)
        return _Sample(self.offset[rows], cluster, self.failed[rows], self.loss[rows])

    def speaks(self, spec: EffectsSpec) -> bool:
        """Tell whether there are loans, failures and clusters enough."""
        clusters = int(self.cluster.max(initial=-1)) + 1
        failures = self.failed[:, _COLLECT].sum()
        return (
            len(self.offset) >= spec.least_loans
            and failures >= spec.least_failures
            and clusters >= spec.least_clusters
        )

    def loses(self, spec: EffectsSpec) -> bool:
        """Tell whether losses enough are there to compare."""
        return int((self.loss[:, _COLLECT] > 0).sum()) >= spec.least_losses


@dataclass(frozen=True, slots=True)
class _Effect:
    """A point, its variance, and what one loan that changes would add to that; by action: (A,) each."""

    point: Matrix
    variance: Matrix
    step: Matrix


def estimate_effects(followed: pl.DataFrame, spec: EffectsSpec) -> pl.DataFrame:
    """Estimate, from FOLLOWED loans, every action's effect against collecting: rows of EFFECTS_SCHEMA.

    `followed` has a row per loan and action: `cluster` (what shares its luck: a township), `loan` (unique),
    `strength` of the assumptions ("central", "low", "high"), the estimate `pd_ppm` and the named `cause` at
    the formal assessment, `failed` and `loss` (fen).

    **Outcome.** `failed` is what the estimate speaks of, moved with the due date: a part not paid within
    the days of grace of the day on which it falls due under the action, new dates included, or anything
    unpaid 24 months after the *original* maturity; who fails only after an extension has failed. That
    alone would flatter putting off, after which less time is left to recover; therefore `loss` counts
    beside it, the principal not repaid by those 24 months, whoever bears it, as a ratio.

    **Loans.** Those whose estimate is at least the mean of all: for safer ones every new date is a new
    risk, so that one shift cannot hold for both; of them the table does not speak.

    **Shift.** In each group, per action a: the d(a) that solves sum(failed) + 1/2 = sum of
    expit(logit(pd) + d(a)), so that the shift d(a) - d(collect) is right as the server applies it.
    **Ratio**: of the sums of loss, each with half a mean loss added. The halves keep rare causes finite.

    **Interval.** Each loan's influence on an estimate is the difference of its influences under the action
    and under collecting (paired: common random numbers), summed by cluster; their squares give the variance
    (Liang and Zeger 1986, doi 10.1093/biomet/73.1.13). Causes shrink towards the overall effect by the
    spread between them (empirical Bayes, Morris 1983, doi 10.1080/01621459.1983.10477920). The interval is
    widened to hold the points under weak and strong assumptions where such loans are given.

    Too few loans, failures or clusters give no row; too few losses of a cause give it the overall ratio, and
    none over all is a TrainingError. Same loans, same bytes.
    """
    central = followed.filter(strength=CENTRAL)
    least = _mean_estimate(central)
    tables = {
        name: _table(followed.filter((pl.col("strength") == name) & (pl.col("pd_ppm") >= least)), spec)
        for name in (CENTRAL, *_SPREAD)
    }
    if tables[CENTRAL].is_empty():
        raise _too_few()
    return _shown(_widened(tables), least, spec)


def _mean_estimate(central: pl.DataFrame) -> int:
    estimates = central.filter(action=Action.COLLECT.value)["pd_ppm"]
    return 0 if estimates.is_empty() else round(estimates.sum() / len(estimates))


def _table(followed: pl.DataFrame, spec: EffectsSpec) -> pl.DataFrame:
    """Give action, cause, n, and point, low and high of shift and log ratio; empty when too few."""
    cause, sample = _sample(followed)
    if not (sample.speaks(spec) and sample.loses(spec)):
        return pl.DataFrame()
    shift, ratio = _shift(sample), _log_ratio(sample)
    groups = {name: sample.of(cause == name) for name in sorted(set(cause.tolist()) - {EVERY_CAUSE})}
    groups = {name: group for name, group in groups.items() if group.speaks(spec)}
    shifts = _shrunk({name: _shift(group) for name, group in groups.items()}, shift)
    ratios = _shrunk({n: _log_ratio(group) for n, group in groups.items() if group.loses(spec)}, ratio)
    groups[EVERY_CAUSE], shifts[EVERY_CAUSE] = sample, shift
    parts = [
        _rows(name, len(group.offset), shifts[name], ratios.get(name, ratio), spec)
        for name, group in groups.items()
    ]
    return pl.concat(parts)


def _sample(followed: pl.DataFrame) -> tuple[NDArray[np.str_], _Sample]:
    order = pl.DataFrame({"action": _ACTIONS}).with_row_index("place")
    whole = followed.join(order, on="action").sort("loan", "place")
    own = whole.filter(action=Action.COLLECT.value)
    sides = [whole[c].cast(pl.Float64).to_numpy().reshape(-1, len(_ACTIONS)) for c in ("failed", "loss")]
    share = own["pd_ppm"].cast(pl.Float64).clip(_EDGE_PPM, PPM - _EDGE_PPM).to_numpy() / PPM
    _, cluster = np.unique(own["cluster"].to_numpy(), return_inverse=True)
    return own["cause"].to_numpy().astype(np.str_), _Sample(logit(share), cluster, *sides)


def _shift(sample: _Sample) -> _Effect:
    wanted = sample.failed.sum(axis=0) + 0.5
    low, high = np.full(len(_ACTIONS), -_WIDEST), np.full(len(_ACTIONS), _WIDEST)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        under = expit(sample.offset[:, None] + middle).sum(axis=0) < wanted
        low, high = np.where(under, middle, low), np.where(under, high, middle)
    chance = expit(sample.offset[:, None] + low)
    per_loan = 1.0 / (chance * (1.0 - chance)).sum(axis=0)
    return _against_collecting(low, (sample.failed - chance) * per_loan, per_loan, sample.cluster)


def _log_ratio(sample: _Sample) -> _Effect:
    half = 0.5 * sample.loss[sample.loss > 0].mean()
    total = sample.loss.sum(axis=0) + half
    return _against_collecting(np.log(total), sample.loss / total, 2.0 * half / total, sample.cluster)


def _against_collecting(point: Matrix, influence: Matrix, per_loan: Matrix, cluster: Ints) -> _Effect:
    paired = influence - influence[:, [_COLLECT]]
    sums = np.zeros((int(cluster.max()) + 1, len(_ACTIONS)))
    np.add.at(sums, cluster, paired - paired.mean(axis=0))
    variance = (sums**2).sum(axis=0) * len(sums) / (len(sums) - 1)
    return _Effect(point - point[_COLLECT], variance, per_loan**2)


def _shrunk(own: dict[str, _Effect], overall: _Effect) -> dict[str, _Effect]:
    """Pull causes towards the overall effect, the more the less they differ beyond chance."""
    if not own:
        return {}
    points = np.stack([effect.point for effect in own.values()])
    # a group in which an action changed no loan knows that no better than to one loan
    variances = np.stack([np.maximum(effect.variance, effect.step) for effect in own.values()])
    weight = 1.0 / variances
    excess = (weight * (points - overall.point) ** 2 - 1.0).sum(axis=0) / weight.sum(axis=0)
    between = np.maximum(excess, 0.0)
    kept = between / (between + variances)
    points = overall.point + kept * (points - overall.point)
    variances = kept * variances + (1.0 - kept) ** 2 * overall.variance
    return {name: _Effect(points[i], variances[i], overall.step) for i, name in enumerate(own)}


def _rows(cause: str, n: int, shift: _Effect, ratio: _Effect, spec: EffectsSpec) -> pl.DataFrame:
    columns: dict[str, Any] = {"action": _ACTIONS, "cause": [cause] * len(_ACTIONS), "n": n}
    for name, effect in zip(_QUANTITIES, (shift, ratio), strict=True):
        reach = spec.z * np.sqrt(effect.variance)
        columns |= {name: effect.point}
        columns |= {f"{name}_low": effect.point - reach, f"{name}_high": effect.point + reach}
    return pl.DataFrame(columns).filter(pl.col("action") != Action.COLLECT.value)


def _widened(tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """Stretch the central intervals to the points under weak and strong assumptions."""
    wide = tables[CENTRAL]
    for other in (tables[name] for name in _SPREAD if tables[name].height):
        points = wide.select("action", "cause").join(_points(other), on=["action", "cause"], how="left")
        overall = wide.select("action").join(_points(other, EVERY_CAUSE), on="action", how="left")
        filled = [points[c].fill_null(overall[c]) for c in _QUANTITIES]
        wide = wide.with_columns(
            bound(f"{c}_{end}", point).alias(f"{c}_{end}")
            for c, point in zip(_QUANTITIES, filled, strict=True)
            for end, bound in (("low", pl.min_horizontal), ("high", pl.max_horizontal))
        )
    return wide


def _points(table: pl.DataFrame, cause: str | None = None) -> pl.DataFrame:
    chosen = table if cause is None else table.filter(cause=cause)
    return chosen.select("action", *(["cause"] if cause is None else []), *_QUANTITIES)


def _shown(wide: pl.DataFrame, least: int, spec: EffectsSpec) -> pl.DataFrame:
    ratios = [pl.col(c).exp() for c in ("loss_ratio", "loss_ratio_low", "loss_ratio_high")]
    full = wide.with_columns(*ratios, pd_from_ppm=pl.lit(least), basis=pl.lit(spec.basis))
    rounded = full.select(pl.col(c).cast(t) for c, t in EFFECTS_SCHEMA.items()).with_columns(
        pl.col(pl.Float64).round(_DIGITS) + 0.0
    )
    order = [pl.col("cause"), pl.col("action").cast(pl.Enum(_ACTIONS))]
    return rounded.sort(order)


def _too_few() -> TrainingError:
    return TrainingError(
        zh="结果已知的贷款太少，无法估计各项措施的效果。",
        en="Too few loans with known outcomes to estimate the effects of actions; give more loans.",
    )
