"""Estimates what actions save, by groups of loans: an honest tree over a few visible facts."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.tree import DecisionTreeRegressor

from app.domain.effects import GROUP_SCHEMA, MEASURES
from app.domain.errors import TrainingError
from app.domain.groups import LEAF, GroupEffects, Groups
from app.domain.money import PPM
from app.domain.words import Action
from app.scoring.action_effects import CENTRAL
from app.scoring.explanation_tables import FRACTION_BITS

FACTS: Final = {  # judged column: its scale
    "pd_ppm": 1.0 / PPM,
    "shap_willingness": 2.0**-FRACTION_BITS,
    "willingness_last": 1.0,
    "balance_yuan": 1.0,
}
EXPECTED: Final = ("county", "cluster", "loan", "strength", "action", *MEASURES, *FACTS)
_ACTIONS: Final = tuple(action.value for action in Action)
_COLLECT: Final = _ACTIONS.index(Action.COLLECT)
_AFTER: Final = (Action.COMPENSATION, Action.RECOVERY)  # measures after default: they tell no groups apart
_SHAPING: Final = tuple(i for i, a in enumerate(Action) if a is not Action.COLLECT and a not in _AFTER)
_FAILED: Final = MEASURES.index("failed")
_DIGITS: Final = 5
_HALVES: Final = 2
_LEAST_JUDGED: Final = 30  # loans of a group in a county, for its mean to be told from luck
Matrix = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class UpliftSpec:
    """One tree: how deep, and how few loans are too few for a group; `z` widens the intervals."""

    depth: int = 5
    least_loans: int = 150
    least_clusters: int = 10
    z: float = 1.96

    def to_dict(self) -> dict[str, Any]:
        """Write the spec as plain JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Sample:
    """Loans: facts (n, F), county, cluster, whether one shapes the tree (n,), measures (n, actions, 3)."""

    facts: Matrix
    county: Ints
    cluster: Ints
    shapes: NDArray[np.bool_]
    measures: Matrix


def estimate_groups(followed: pl.DataFrame, spec: UpliftSpec) -> GroupEffects:
    """Estimate, from loans followed under every action, groups of them and what actions change there.

    `followed` has the columns EXPECTED, a row per loan and action: `lost` as a share of the balance,
    `bad_record` and `failed` as chances, and the visible facts at the formal assessment.

    **Tree.** One regression tree (CART) of small depth over a few facts; its outputs are the differences of
    the three measures against collecting under every action that comes before default, each in units of its
    spread. Half of the counties grow it and the other half fill its leaves (honest: Athey and Imbens 2016,
    doi 10.1073/pnas.1510489113), so that the effects are not those that were picked for being large.

    **Interval.** Clusters (townships) of the filling half, as in `estimate_effects`: paired differences,
    summed by cluster; and how counties differ beyond that, for the next county is none of them. It is
    widened to hold the groups' means under weak and strong assumptions.

    Too few loans or clusters are a TrainingError. Same loans, same bytes.
    """
    central, *others = _by_strength(followed)
    groups = _grown(central, spec)
    tables = [_filled(groups, central, spec)]
    tables += [_filled(groups, other, spec, narrow=True) for other in others]
    return GroupEffects(groups=groups, rows=_shown(_widened(tables)))


def held_out_coverage(followed: pl.DataFrame, known: GroupEffects, spec: UpliftSpec) -> dict[str, float]:
    """Tell how often the interval of a group holds its mean in a county not learnt from, by measure.

    Every filling county in turn is left out, under all assumptions, and judged by central ones: the share of
    its groups (of enough loans) and actions before default whose own mean the others' interval holds, but for
    the sampling error of that mean. Empty where there is but one filling county.
    """
    central, *others = _by_strength(followed)
    filling = np.unique(central.county[~central.shapes])
    if len(filling) < _HALVES:
        return {}
    held = [each for out in filling for each in _held(known.groups, central, others, int(out), spec)]
    shares = np.mean(held, axis=(0, 1)) if held else np.empty(0)
    return {name: round(float(share), _DIGITS) for name, share in zip(MEASURES, shares, strict=False)}


def _held(
    groups: Groups, central: _Sample, others: list[_Sample], out: int, spec: UpliftSpec
) -> Iterator[NDArray[np.bool_]]:
    """Tell of every group whether its intervals hold what is true in one county: (actions, measures) each."""
    group = [groups.of(sample.facts) for sample in (central, *others)]
    shown = [_shown_measures(sample) for sample in (central, *others)]
    for leaf in groups.leaves:
        mine = (group[0] == leaf) & (central.county == out)
        rest = (group[0] == leaf) & (central.county != out) & ~central.shapes
        if mine.sum() < _LEAST_JUDGED or len(np.unique(central.cluster[rest])) < spec.least_clusters:
            continue
        mean, reach = _mean(shown[0][rest], central.county[rest], central.cluster[rest], spec)
        beyond = [
            other[(g == leaf) & (s.county != out)].mean(axis=0)
            for other, g, s in zip(shown[1:], group[1:], others, strict=True)
        ]
        low, high = np.min([mean - reach, *beyond], axis=0), np.max([mean + reach, *beyond], axis=0)
        truth, own = shown[0][mine].mean(axis=0), spec.z**2 * _variance(shown[0][mine], central.cluster[mine])
        luck = np.sqrt(reach**2 + own) - reach
        yield np.asarray((low - luck <= truth) & (truth <= high + luck))[list(_SHAPING)]


def _by_strength(followed: pl.DataFrame) -> list[_Sample]:
    """Give the loans under central assumptions first, then under each of the others."""
    others = sorted(set(followed["strength"].unique()) - {CENTRAL})
    return [_sample(followed.filter(strength=strength)) for strength in (CENTRAL, *others)]


def _sample(followed: pl.DataFrame) -> _Sample:
    order = pl.DataFrame({"action": _ACTIONS}).with_row_index("place")
    whole = followed.join(order, on="action").sort("loan", "place")
    own = whole.filter(action=Action.COLLECT.value)
    shape = (-1, len(_ACTIONS))
    measures = np.stack([whole[c].cast(pl.Float64).to_numpy().reshape(shape) for c in MEASURES], axis=2)
    _, county = np.unique(own["county"].to_numpy(), return_inverse=True)
    grows = county < (county.max(initial=-1) + 1) // _HALVES
    _, cluster = np.unique(own["cluster"].to_numpy(), return_inverse=True)
    return _Sample(_facts(own), county, cluster, grows, measures)


def _facts(own: pl.DataFrame) -> Matrix:
    bare: tuple[int, ...] = ()
    names, scales = tuple(FACTS), tuple(FACTS.values())
    return Groups(names=names, scales=scales, feature=bare, threshold=bare, left=bare, right=bare).facts(own)


def _grown(sample: _Sample, spec: UpliftSpec) -> Groups:
    facts, shift = sample.facts[sample.shapes], _shifts(sample)[sample.shapes]
    if len(facts) < 2 * spec.least_loans or sample.shapes.all():
        raise _too_few()
    wanted = shift[:, _SHAPING].reshape(len(facts), -1)
    spread = wanted.std(axis=0)
    tree = DecisionTreeRegressor(max_depth=spec.depth, min_samples_leaf=spec.least_loans, random_state=0).fit(
        facts, wanted / np.where(spread > 0, spread, 1.0)
    )
    grown = tree.tree_
    leaf = grown.children_left == LEAF
    return Groups(
        names=tuple(FACTS),
        scales=tuple(FACTS.values()),
        feature=tuple(np.where(leaf, LEAF, grown.feature).tolist()),
        threshold=tuple(np.round(np.where(leaf, 0.0, grown.threshold), _DIGITS).tolist()),
        left=tuple(grown.children_left.tolist()),
        right=tuple(grown.children_right.tolist()),
    )


def _shifts(sample: _Sample) -> Matrix:
    """Give levels of collecting, and differences against it for the others (n, actions, 3)."""
    shift = sample.measures - sample.measures[:, [_COLLECT]]
    shift[:, _COLLECT] = sample.measures[:, _COLLECT]
    return np.asarray(shift)


def _shown_measures(sample: _Sample) -> Matrix:
    shown = _shifts(sample)
    shown[:, :, _FAILED] = sample.measures[:, :, _FAILED]
    return shown


def _filled(groups: Groups, sample: _Sample, spec: UpliftSpec, *, narrow: bool = False) -> pl.DataFrame:
    """Give the means of every group with their intervals, `narrow` for the means alone."""
    filling = (
        sample.shapes | True if narrow else ~sample.shapes
    )  # a mean under other assumptions picks nothing
    group, shown = groups.of(sample.facts[filling]), _shown_measures(sample)[filling]
    parts = []
    for leaf in groups.leaves:
        rows = group == leaf
        mean, reach = _mean(shown[rows], sample.county[filling][rows], sample.cluster[filling][rows], spec)
        parts.append(_rows(leaf, int(rows.sum()), mean, reach * (not narrow)))
    return pl.concat(parts)


def _mean(shown: Matrix, county: Ints, cluster: Ints, spec: UpliftSpec) -> tuple[Matrix, Matrix]:
    """Give the mean and how far the interval reaches: the mean's own error, and how counties differ."""
    if len(np.unique(cluster)) < spec.least_clusters:
        raise _too_few()
    apart = _between(shown, county, cluster)
    return shown.mean(axis=0), spec.z * np.sqrt(_variance(shown, cluster) + apart)


def _variance(shown: Matrix, cluster: Ints) -> Matrix:
    """Give the variance of a mean by sums over clusters."""
    _, place = np.unique(cluster, return_inverse=True)
    count = int(place.max(initial=-1)) + 1
    sums = np.zeros((count, *shown.shape[1:]))
    np.add.at(sums, place, (shown - shown.mean(axis=0)) / len(shown))
    return np.asarray((sums**2).sum(axis=0) * count / max(count - 1, 1))


def _between(shown: Matrix, county: Ints, cluster: Ints) -> Matrix:
    """Give the variance of counties' means beyond what clusters within them explain, never below 0.

    Counties of enough loans count alike (the moments of a one-way layout); fewer than two tell nothing.
    """
    counties = [county == c for c in np.unique(county)]
    large = [rows for rows in counties if rows.sum() >= _LEAST_JUDGED and len(np.unique(cluster[rows])) > 1]
    if len(large) < _HALVES:
        return np.zeros(shown.shape[1:])
    means = np.stack([shown[rows].mean(axis=0) for rows in large])
    within = np.mean([_variance(shown[rows], cluster[rows]) for rows in large], axis=0)
    return np.asarray(np.maximum(means.var(axis=0, ddof=1) - within, 0.0))


def _rows(leaf: int, n: int, mean: Matrix, reach: Matrix) -> pl.DataFrame:
    columns: dict[str, Any] = {"group": leaf, "action": _ACTIONS, "n": n}
    for i, name in enumerate(MEASURES):
        columns |= {name: mean[:, i], f"{name}_low": (mean - reach)[:, i]}
        columns |= {f"{name}_high": (mean + reach)[:, i]}
    return pl.DataFrame(columns)


def _widened(tables: list[pl.DataFrame]) -> pl.DataFrame:
    """Stretch the central intervals to the means under weak and strong assumptions."""
    wide = tables[0]
    for other in tables[1:]:
        wide = wide.with_columns(
            bound(f"{name}_{end}", other[name]).alias(f"{name}_{end}")
            for name in MEASURES
            for end, bound in (("low", pl.min_horizontal), ("high", pl.max_horizontal))
        )
    return wide


def _shown(wide: pl.DataFrame) -> pl.DataFrame:
    typed = wide.select(pl.col(c).cast(t) for c, t in GROUP_SCHEMA.items())
    return typed.with_columns(pl.col(pl.Float64).round(_DIGITS) + 0.0)


def _too_few() -> TrainingError:
    return TrainingError(
        zh="结果已知的贷款太少，无法按组估计各项措施的效果，请增加模拟县的数量或贷款笔数。",
        en="Too few followed loans to estimate effects by group; give more counties or loans.",
    )
