"""Writes the card of the effects of actions, Chinese first: what they rest on, how large they are, limits."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import polars as pl

from app.domain.effects import EVERY_CAUSE
from app.domain.groups import LEAF, GroupEffects, Groups
from app.domain.money import PPM
from app.domain.words import Action, Cause
from app.features.catalogue import BY_NAME
from app.scoring import terms
from app.scoring.artifact import RECORD
from app.scoring.groups import markdown

Bounds = dict[str, tuple[float | None, float | None]]
_CARD: Final = """# 模型卡 Card：措施效果 effects of actions

> **由{trained_zh}估计{warning_zh}。**
> **Estimated from {trained_en}{warning_en}.**

与到期收回相比，每项措施改变了什么：违约机会（对数几率之差）与损失（之比），按全部贷款和主要成因分列，方括号为区间。
只对违约概率不低于 {least:.2%} 的贷款而言。
What each action changes against collecting: the chance of default (shift of its log-odds) and the loss
(ratio), over all loans and by named cause, with intervals in brackets. It speaks of loans whose estimate
is at least {least:.2%}. The docstring of `estimate_effects` tells the method, `manifest.json` what went in.

{summary}

{effects}

## 各群体中措施省下什么 What actions save, by group of loans

与到期收回之差；群体由一棵只看可见事实的小树划分（`groups.json`），只列出区间表明损失和不良记录都减少的措施。\
政策包把它们折算为一个以元计的损失。
Differences against collecting, of loans that a small tree of visible facts tells apart (`groups.json`; the
docstring of `estimate_groups` tells the method); only actions whose intervals show that they lower both. The
policy pack weighs them into one loss in yuan.

{groups}

{coverage}

## 局限 Limits

违约先在措施所定的日子计一次，再计至原到期日后 24 个月；损失是届时仍未还的部分，\
因此一项措施可能降低其一而提高另一。措施对模拟贷款的改变出自模拟的假定，区间涵盖其强弱两种假定。没有记录的成因取全部贷款的数值。不得在无人决定时使用。
A default is counted on the day that an action sets, and then until 24 months after the original maturity; the
loss is what is not repaid by then, so that an action can lower the one and raise the other. What an action
changes in simulated loans follows from the simulation's assumptions; the intervals span its weak and strong
ones. A cause without rows takes those of all loans. Not for deciding without a person.
{recorded}"""
_RECORDED: Final = """
## 训练记录 Record of the training

| | |
|---|---|
| 数据来源 source | {origin}，{counties} 个县域 counties |
| 数据量 volume | {loans} 笔贷款 loans，{rows} 行 rows，事实截至 known until {known_until} |
| 数据指纹 fingerprint | {fingerprint} |
| 代码版本 code version | {version}，特征目录 catalogue {catalogue} |
| 操作人与时间 operator and time | {by_whom} |
| 群体差异 group disparities | `{record}`: `groups` |

不得用于 must not be used for: {not_for}
"""
_WARNING: Final = ("，不代表真实贷款", "; they are no evidence about any real loan")
_MEASURES: Final = {
    "lost": ("损失占余额的比例", "share of the balance lost"),
    "bad_record": ("不良记录", "bad record"),
    "failed": ("未能还清", "failed"),
}  # fmt: skip
_ACTIONS: Final = {each.value: each for each in Action}
_CAUSES: Final = {each.value: each for each in Cause}
_LARGE: Final = 1000  # from which a number is written without decimals
_SAME: Final = "〃"


def effects_card(frame: pl.DataFrame, origin: Mapping[str, Any], groups: GroupEffects | None) -> str:
    """Write the card in Markdown, from the effects and what they come from."""
    trained = terms.ORIGINS.get(origin["trained_on"], (origin["trained_on"],) * 2)
    warning = _WARNING if origin["trained_on"] == "simulation" else ("", "")
    return _CARD.format(
        trained_zh=trained[0], trained_en=trained[1], warning_zh=warning[0], warning_en=warning[1],
        least=int(frame["pd_from_ppm"].max() or 0) / PPM,  # type: ignore[arg-type]
        summary="\n".join(f"- {zh}\n  {en}" for zh, en in _summary(frame)),
        effects=markdown(_HEAD, (_line(row) for row in frame.to_dicts())),
        groups=_grouped(groups),
        recorded=_recorded(origin["record"]) if "record" in origin else "",
        coverage=_coverage(origin.get("coverage", {})),
    )  # fmt: skip


_HEAD: Final = (
    "措施 action", "成因 cause", "贷款 loans", "违约机会 shift of log-odds", "损失之比 loss ratio",
)  # fmt: skip


def _line(row: Mapping[str, Any]) -> list[str]:
    cause = terms.both(("全部", "all")) if row["cause"] == EVERY_CAUSE else terms.word(_CAUSES[row["cause"]])
    shift = f"{row['shift']:+.2f} [{row['shift_low']:+.2f}, {row['shift_high']:+.2f}]"
    ratio = f"{row['loss_ratio']:.2f} [{row['loss_ratio_low']:.2f}, {row['loss_ratio_high']:.2f}]"
    return [terms.word(_ACTIONS[row["action"]]), cause, f"{row['n']:,}", shift, ratio]


def _summary(frame: pl.DataFrame) -> Iterator[terms.Pair]:
    """Say which actions change something over all loans by more than their interval."""
    every = frame.filter(cause=EVERY_CAUSE)
    for zh, en, which in (
        (
            "降低违约机会（区间在 0 以下）",
            "Lower the chance of default (interval below 0)",
            pl.col("shift_high") < 0,
        ),
        (
            "提高违约机会（区间在 0 以上）",
            "Raise the chance of default (interval above 0)",
            pl.col("shift_low") > 0,
        ),
        ("减少损失（区间在 1 以下）", "Lower the loss (interval below 1)", pl.col("loss_ratio_high") < 1),
        ("增加损失（区间在 1 以上）", "Raise the loss (interval above 1)", pl.col("loss_ratio_low") > 1),
    ):
        found = [_ACTIONS[name] for name in every.filter(which)["action"]]
        yield (
            f"{zh}：{'、'.join(each.zh for each in found) or '无'}。",
            f"{en}: {', '.join(found) or 'none'}.",
        )


def _grouped(known: GroupEffects | None) -> str:
    if known is None:
        return "没有分群体的结果。There are none by group."
    head = [
        "群体 group",
        "贷款 loans",
        "措施 action",
        *(terms.both(_MEASURES[n]) for n in ("lost", "bad_record")),
    ]
    return markdown(head, _group_lines(known))


def _group_lines(known: GroupEffects) -> Iterator[list[str]]:
    """Show the actions that lower both money lost and bad records in a group, by their intervals."""
    last = None
    for row in known.rows.filter(pl.col("action") != Action.COLLECT.value).to_dicts():
        if max(row["lost_high"], row["bad_record_high"]) < 0:
            named = [path_told(known.groups, row["group"]), f"{row['n']:,}"]
            yield [*([_SAME] * 2 if row["group"] == last else named), terms.word(_ACTIONS[row["action"]]),
                   _change(row, "lost"), _change(row, "bad_record")]  # fmt: skip
            last = row["group"]


def _change(row: Mapping[str, Any], name: str) -> str:
    return f"{row[name]:+.2%} [{row[f'{name}_low']:+.2%}, {row[f'{name}_high']:+.2%}]"


def path_told(groups: Groups, leaf: int) -> str:
    """Say which loans are in a group: each fact once, between its ends."""
    return "；".join(_between(name, *ends) for name, ends in _bounds(groups, leaf).items()) or "全部 all"


def _bounds(groups: Groups, leaf: int) -> Bounds:
    """Follow the tree from a leaf to the root; the first end met is the tightest."""
    parent = {
        child: (node, child == groups.left[node])
        for node, feature in enumerate(groups.feature)
        if feature != LEAF
        for child in (groups.left[node], groups.right[node])
    }
    found: Bounds = {}
    while leaf in parent:
        leaf, below = parent[leaf]
        name, cut = groups.names[groups.feature[leaf]], groups.threshold[leaf]
        low, high = found.get(name, (None, None))
        ends = (low, cut if high is None else high) if below else (cut if low is None else low, high)
        found[name] = ends
    return dict(sorted(found.items()))


def _between(name: str, low: float | None, high: float | None) -> str:
    told = "" if low is None else f"{_number(name, low)} < "
    return f"{told}{_fact(name)}" + ("" if high is None else f" ≤ {_number(name, high)}")


def _fact(name: str) -> str:
    if name == "pd_ppm":
        return "违约概率 pd"
    cause = _CAUSES.get(name.removeprefix("shap_"))
    if cause is not None:
        return f"{cause.zh}的推力 push of {cause.value}"
    known = BY_NAME.get(name)
    return name if known is None else terms.both((known.zh, name))


def _number(name: str, value: float) -> str:
    if name == "pd_ppm":
        return f"{value:.2%}"
    return f"{value:,.0f}" if abs(value) >= _LARGE else f"{value:.4g}"


def _recorded(record: Mapping[str, Any]) -> str:
    data = dict(record["data"])
    data["origin"] = terms.both(terms.ORIGINS.get(data["origin"], (data["origin"],) * 2))
    by_whom = terms.by_whom(RECORD)
    told = {"not_for": terms.told(record["not_for"]), "by_whom": by_whom, "record": RECORD}
    return _RECORDED.format_map(data | dict(record["code"]) | told)


def _coverage(held: Mapping[str, float]) -> str:
    """Say how often the intervals held what is true in a county that they were not filled from."""
    if not held:
        return (
            "区间的覆盖率没有衡量：须另有两个不用于建树的县域。\n"
            "Coverage of the intervals was not measured: that needs two counties beside those of the tree."
        )
    named = {name: _MEASURES.get(name, (name, name)) for name in held}
    zh = "、".join(f"{named[name][0]} {share:.0%}" for name, share in held.items())
    en = ", ".join(f"{named[name][1]} {share:.0%}" for name, share in held.items())
    return (
        f"区间（95 %，并延伸至强弱两种假定）除抽样误差外，含住未参与县域的均值：{zh}（按群体与措施计）。\n"
        "The intervals (95 %, stretched to weak and strong assumptions) held, but for its sampling error,\n"
        f"the mean of a county left out of them in: {en} of its groups and actions."
    )
