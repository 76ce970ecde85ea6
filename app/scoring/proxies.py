"""Which features give away what is refused: a proxy speaks for what may not speak itself. Training only.

For every feature and refused attribute: the share of the attribute's entropy that the feature, cut into
quantile bins, tells (Theil's uncertainty coefficient), less what shuffled rows tell by chance; and for an
attribute of two kinds the AUC, whichever way round. Attributes stay in this module's callers' memory: only
figures by feature leave it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.features.catalogue import BY_NAME, REFUSED
from app.features.feature import Source
from app.scoring.measures import auc
from app.scoring.training_rows import matrix

IntVector = NDArray[np.int64]
_DIGITS: Final = 4
PLACES: Final = {"township_code": "township_code", "village_code": "village_code"}
AGE: Final = "borrower_age"  # lawful in rules (a bound of the schemes), not in the estimate
SEX: Final = "sex"
_AGE_KINDS: Final = 4
_ONE_KIND: Final = "数据中只有一种取值或没有 the rows know one kind of it only, or none"
_TITLES: Final = {refused.name: refused.zh for refused in REFUSED} | {AGE: "借款人年龄"}
_WHY: Final = {  # what no ledger holds cannot be checked: say so, attribute by attribute
    SEX: "本次训练没有证件号码；`xindeng explain proxies --ledger` 可读取核查且不留存 "
    "no ID numbers were given to this run; that command reads them and keeps none",
    **dict.fromkeys(PLACES, _ONE_KIND),
    "person_identity": "人人各不相同，无法与偶然区分 "
    "every person is alone of a kind: nothing could be told from chance",
}
_NOT_IN_LEDGER: Final = "台账没有这一项，无从核查 the ledger does not hold it, so that nobody can tell"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxySpec:
    """How proxies are looked for; written beside the report.

    A feature is named as a proxy where it is above a bound by more than chance: by so many standard `errors`.
    """

    bins: int = 10
    shuffles: int = 10
    share_bound: float = 0.1
    auc_bound: float = 0.65
    errors: float = 3.0
    seed: int = 0


def proxy_report(
    rows: pl.DataFrame,
    columns: Sequence[str],
    sexes: pl.DataFrame | None = None,
    spec: ProxySpec | None = None,
) -> dict[str, Any]:
    """Measure how well every column tells each refused attribute: plain JSON values, no attribute in them.

    `rows` are training rows; each household counts once, at its last row. `sexes` has borrower_id and sex,
    where ID numbers were at hand. Gives `spec`, `attributes` (kinds, rows and `features` by name: share,
    auc, proxy; largest share first), `proxies` (the names flagged, by attribute), `forbidden` (those of them
    that nothing allows) and `unchecked` (why). What other loans of a place have repaid is allowed to tell of
    the place: it leaves the loan itself out, and a training may go without it (`context`).
    """
    spec = spec or ProxySpec()
    once = rows.unique(["county", "household_id"], keep="last", maintain_order=True)
    told = {
        name: kinds for name, kinds in _attributes(once, sexes).items() if kinds.drop_nulls().n_unique() > 1
    }
    found = {name: _of_attribute(once, columns, kinds, spec) for name, kinds in told.items()}
    flagged = {
        name: [f for f, seen in part["features"].items() if seen["proxy"]] for name, part in found.items()
    }
    forbidden = {name: [f for f in names if not _allowed(name, f)] for name, names in flagged.items()}
    return {
        "spec": asdict(spec), "attributes": found, "proxies": flagged, "forbidden": forbidden,
        "unchecked": _unchecked(told),
    }  # fmt: skip


def _allowed(attribute: str, feature: str) -> bool:
    return attribute in PLACES and BY_NAME[feature].source is Source.CONTEXT


def _attributes(rows: pl.DataFrame, sexes: pl.DataFrame | None) -> dict[str, pl.Series]:
    """List what the rows tell of refused attributes, one kind per row, null where not known."""
    county = rows["county"].cast(pl.String)
    places = {name: county + "-" + rows[column] for name, column in PLACES.items()}
    ages = rows[AGE].bin_quantiles(_AGE_KINDS, labels=False).cast(pl.String)
    if sexes is None:
        return {**places, AGE: ages}
    known = rows.select("borrower_id").join(sexes, on="borrower_id", how="left", maintain_order="left")
    return {**places, AGE: ages, SEX: known[SEX].cast(pl.String)}


def _unchecked(told: Mapping[str, pl.Series]) -> dict[str, str]:
    return {r.name: _WHY.get(r.name, _NOT_IN_LEDGER) for r in REFUSED if r.name not in told}


def _of_attribute(
    rows: pl.DataFrame, columns: Sequence[str], kinds: pl.Series, spec: ProxySpec
) -> dict[str, Any]:
    known = kinds.is_not_null()
    kind = kinds.filter(known).rank("dense").cast(pl.Int64).to_numpy() - 1
    values = matrix(rows.filter(known), columns)
    rng = np.random.default_rng(spec.seed)
    shuffled = [rng.permutation(kind) for _ in range(spec.shuffles)]
    seen = {n: _told(values[:, i], kind, shuffled, spec) for i, n in enumerate(columns)}
    ordered = sorted(seen.items(), key=lambda item: (-item[1]["share"], item[0]))
    return {"kinds": int(kind.max()) + 1, "rows": len(kind), "features": dict(ordered)}


def _told(
    values: NDArray[np.float64], kind: IntVector, shuffled: Sequence[IntVector], spec: ProxySpec
) -> dict[str, Any]:
    bins = _binned(values, spec.bins)
    by_chance = [_information(bins, other) for other in shuffled]
    chance, noise = float(np.mean(by_chance)), spec.errors * float(np.std(by_chance))
    room = max(_information(kind, kind) - chance, 1e-12)  # of the attribute's own entropy
    told = _information(bins, kind) - chance
    ranked = _two_kinds(values, kind) if int(kind.max()) == 1 else None
    proxy = (told - noise) / room > spec.share_bound or (
        ranked is not None and ranked - spec.errors * _auc_error(kind) > spec.auc_bound
    )
    return {"share": round(max(0.0, told / room), _DIGITS), "auc": ranked, "proxy": proxy}


def _auc_error(kind: IntVector) -> float:
    """Give the standard error that an AUC has by chance alone (Mann and Whitney 1947)."""
    one = int(kind.sum())
    return float(np.sqrt((len(kind) + 1) / (12 * max(one * (len(kind) - one), 1))))


def _binned(values: NDArray[np.float64], bins: int) -> IntVector:
    """Cut values into quantile bins; what is missing has a bin of its own."""
    known = values[~np.isnan(values)]
    if not known.size:
        return np.zeros(len(values), dtype=np.int64)
    edges = np.unique(np.quantile(known, np.linspace(0, 1, bins + 1)[1:-1]))
    return np.where(np.isnan(values), len(edges) + 1, np.searchsorted(edges, values, side="right"))


def _information(one: IntVector, other: IntVector) -> float:
    """Give the mutual information of two codings in nats."""
    wide = int(other.max()) + 1
    joint = np.bincount(one * wide + other, minlength=(int(one.max()) + 1) * wide).reshape(-1, wide)
    share = joint / joint.sum()
    expected = np.outer(share.sum(axis=1), share.sum(axis=0))
    there = share > 0
    return float((share[there] * np.log(share[there] / expected[there])).sum())


def _two_kinds(values: NDArray[np.float64], kind: IntVector) -> float | None:
    """Give the AUC of a feature for an attribute of two kinds; missing counts as the least."""
    lowest = np.nan_to_num(values, nan=-np.inf)
    ranked = auc(lowest, kind.astype(np.float64))
    return None if ranked is None else round(max(ranked, 1.0 - ranked), _DIGITS)


def proxy_section(report: Mapping[str, Any]) -> str:
    """Write the report as a section of the model card, in Markdown."""
    bound = report["spec"]["share_bound"]
    lines = [
        f"| {_titled(name)} | {part['kinds']} | {_named(report['proxies'][name], part)} "
        f"| {_strongest(part)} |"
        for name, part in report["attributes"].items()
    ]
    unchecked = [f"- {_titled(name)}：{why}." for name, why in report["unchecked"].items()]
    return "\n".join(
        [
            f"特征在多大程度上透露了禁用信息；超过其 {bound:.0%} 即列为代理变量。",
            f"How well a feature tells what is refused; above {bound:.0%} of it, it is named as a proxy.",
            "",
            "| 禁用信息 attribute | 类别数 kinds | 代理变量 proxies | 最强特征 strongest feature |",
            "|---|---|---|---|",
            *lines,
            "",
            "未核查 Not checked:",
            "",
            *unchecked,
        ]
    )  # fmt: skip


def _titled(attribute: str) -> str:
    return f"{_TITLES.get(attribute, '')} {attribute}".strip()


def _named(proxies: Sequence[str], part: Mapping[str, Any]) -> str:
    return "、".join(f"{BY_NAME[n].zh} {n} ({part['features'][n]['share']:.0%})" for n in proxies) or "–"


def _strongest(part: Mapping[str, Any]) -> str:
    name, seen = next(iter(part["features"].items()))
    return f"{BY_NAME[name].zh} {name} {seen['share']:.1%}"
