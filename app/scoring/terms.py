"""The words of cards and reports, Chinese first and English after."""

from typing import Any, Final

from app.domain.words import Industry, LoanKind, Registration, UseMode, Word
from app.features.catalogue import BY_NAME, refused_as

Pair = tuple[str, str]
ESTIMATORS: Final = {
    "maturity": ("到期违约概率", "probability of default at maturity"),
    "application": ("申请时违约概率", "probability of default at application"),
}
ORIGINS: Final = {
    "simulation": ("模拟县域", "simulated counties"),
    "ledger": ("本地台账", "the ledger of this place"),
}
OPINIONS: Final = {
    "learned": ("学习意见", "learned"), "scorecard": ("评分卡", "scorecard"), "trees": ("提升树", "trees"),
    "rating": ("631 评级", "rating"),
}  # fmt: skip
TRIALS: Final = {
    "out of time": ("时间外检验", "out of time"),
    "cross-validated": ("交叉验证", "cross-validated"),
}
METHODS: Final = {"boosted trees": ("提升树", "boosted trees"), "scorecard": ("评分卡", "scorecard")}
COLUMN_KINDS: Final = {
    "number": ("数值", "number"),
    "date": ("日期", "date"),
    "category": ("类别", "category"),
}
PARTS: Final = {
    "earlier": ("较早（学习）", "earlier, learnt from"),
    "later": ("较晚（学习与校准）", "later, calibrating too"),
    "test": ("最近（只检验）", "latest, test only"),
}  # fmt: skip
WAYS: Final = {
    1: ("▲ 越大越险", "more is riskier"), -1: ("▼ 越大越稳", "more is safer"), 0: ("◆ 视情形", "depends"),
}  # fmt: skip
OFF: Final = {1: ("▲ 实际更高", "more came"), -1: ("▼ 实际更低", "fewer came"), 0: ("在内", "within")}
_UNITS: Final = {
    "yuan": "元", "days": "天", "months": "月", "years": "岁", "people": "人", "mu": "亩", "%": "%",
    "share": "比例", "ratio": "比值", "count": "次数", "points": "分", "level": "等级", "code": "代码",
    "flag": "是否",
}  # fmt: skip
_COLUMNS: Final = {
    "registration": ("登记类别", "registration"), "age": ("年龄", "age"), "industry": ("产业", "industry"),
    "use_mode": ("用款方式", "use of the money"), "kind": ("贷款种类", "kind of loan"),
    "bank": ("银行", "bank"),
}  # fmt: skip
_AGES: Final = {"under 45": "45岁以下", "45 to 59": "45至59岁", "60 and over": "60岁及以上"}
_CALIBRATIONS: Final = {
    "logistic": "逻辑校准", "beta": "beta 校准", "inductive Venn-Abers": "Venn–Abers 校准",
}  # fmt: skip
_LEFT_OUT: Final = (("--refuse", "按要求不用"), ("no target", "没有目标值"))
_BY_WHOM: Final = (
    "不计入工件编号（同样的数据、种子和版本，谁训练都得到同一工件），记在模型卡旁的 `{record}`："
    "`grep -E 'operator|started_at' {record}`。",
    "They stand outside the artefact's id (same data, seed and version make the same artefact whoever "
    "trains), in the file beside the card; that command shows them.",
)
_WORDS: Final[dict[str, type[Word]]] = {
    "registration": Registration, "industry": Industry, "use_mode": UseMode, "kind": LoanKind,
}  # fmt: skip


def both(pair: Pair) -> str:
    """Write a term in Chinese and English, once where they are the same.

    >>> both(("展期", "extension"))
    '展期 extension'
    """
    return pair[0] if pair[0] == pair[1] else " ".join(pair)


def every_way() -> str:
    """Explain the signs of directions.

    >>> every_way()[:6]
    '▲ 越大越险'
    """
    return "；".join(both(way) for way in WAYS.values()) + "。"


def place(name: str) -> str:
    """Name a township or a year; those too small to be told alone are the others."""
    return both(("其余", name)) if name == "others" else name


def word(each: Word) -> str:
    """Write a word of the trade with its code."""
    return both((each.zh, each.value))


def group_column(name: str) -> str:
    """Name an attribute by which groups are told apart; a column of any table has its own name only."""
    refused = refused_as(name)
    return both(_COLUMNS.get(name, (name if refused is None else refused.zh, name)))


def group_value(column: str, value: str) -> str:
    """Name one group; what is no word of the trade stays as it is."""
    if column == "age":
        return both((_AGES.get(value, value), value))
    known = {each.value: each for each in _WORDS.get(column, ())}
    return word(known[value]) if value in known else value


def feature_cells(name: str) -> list[str]:
    """Describe a feature: name, unit, cause, and which way it may move the estimate."""
    feature = BY_NAME[name]
    way = WAYS[feature.sign.monotone]
    return [both((feature.zh, name)), both((_UNITS[feature.unit], feature.unit)), word(feature.cause),
            both(way)]  # fmt: skip


def by_whom(record: str) -> str:
    """Say where a card's reader finds who trained and when; `record` names the file."""
    return both(_BY_WHOM).format(record=record)


def calibration(method: str) -> str:
    """Name a method of calibration in Chinese before what the fit says of itself.

    >>> calibration("beta calibration (Kull et al. 2017)")
    'beta 校准 beta calibration (Kull et al. 2017)'
    """
    named = (zh for start, zh in _CALIBRATIONS.items() if method.startswith(start))
    return " ".join([*named, method])


def left_out(name: str, why: str) -> list[str]:
    """Say which column of a table was not learnt from, and why.

    >>> left_out("sex", "unfair: not earned, not changeable")
    ['sex', '不公平：既非自致，也无法改变 unfair: not earned, not changeable']
    """
    refused = refused_as(name)
    by_rule = () if refused is None else ((refused.why, refused.why_zh),)
    zh = dict((*_LEFT_OUT, *by_rule)).get(why, why)
    return [name, both((zh, why))]


def told(pairs: list[dict[str, Any]]) -> str:
    """Join sentences that are written as zh and en: all Chinese first, then all English."""
    return "；".join(each["zh"] for each in pairs) + "。" + "; ".join(each["en"] for each in pairs) + "."
