"""What the entries of single places' schemes say, in plain words."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from app.domain.words import Eligibility
from app.policy.entry_texts import condition_text, rule_text
from app.policy.phrases import Phrases, Say, Text, amount, joined, named, plain
from app.policy.rules import Resolved
from app.policy.schemes import Bracket, DutyInForce, Step

_NOTHING: Final = Text("", "")
_LEVELS: Final = {
    "group": Text("信用组", "credit group"),
    "village": Text("信用村", "credit village"),
    "township": Text("信用乡镇", "credit township"),
}
_BY: Final = {
    "household": Text("农户", "household"),
    "survey": Text("摸底组", "survey team"),
    "group": Text("村民小组", "villagers' group"),
    "village": Text("村", "village"),
    "township": Text("乡镇", "township"),
    "bank": Text("银行", "bank"),
    "county": Text("县", "county"),
    "public": Text("公示", "public notice"),
}
_FINDINGS: Final = {
    "anomaly": Text("异常", "anomaly"),
    "prohibition": Text("禁止", "prohibition"),
    "watch": Text("关注", "to be watched"),
}
_DAY_COUNTS: Final = {
    "flat_year": Text("按整年，每季四分之一", "by flat years, a quarter of it each quarter"),
    "actual_365": Text("按实际天数/365", "by actual days over 365"),
    "actual_360": Text("按实际天数/360", "by actual days over 360"),
}
_RATES: Final = {"loan": Text("贷款利率", "the loan's rate"), "base": Text("基准利率", "the base rate")}
_BEARERS: Final = {
    "fund": Text("基金", "fund"),
    "bank": Text("银行", "bank"),
    "insurer": Text("保险", "insurer"),
    "government": Text("政府", "government"),
}
_PERIODS: Final = {
    "month": Text("每月", "every month"),
    "quarter": Text("每季", "every quarter"),
    "year": Text("每年", "every year"),
}
_SIGNS: Final = {"sum": " + ", "product": " × ", "ratio": " ÷ "}
_HOLDS: Final = {True: Text("相符", "holds"), False: Text("不符，应予报告", "fails: to be reported")}


def _ladder(resolved: Resolved[Any, Any], _: Phrases) -> Text:
    limit, years = plain(resolved.now.limit), resolved.now.years_on_time
    return Text(
        f"按期还款满{years}年，额度{limit}元", f"after {years} years repaid on time, up to {limit} yuan"
    )


def _stake(resolved: Resolved[Any, Any], _: Phrases) -> Text:
    return joined(_bracket(bracket) for bracket in resolved.now.brackets)


def _bracket(bracket: Bracket) -> Text:
    share = bracket.share
    stake = named(Eligibility.REFERRED) if share == "refer" else amount(float(share), "share")
    if bracket.up_to is None:
        return Text(f"以上：{stake.zh}", f"above: {stake.en}")
    bound = amount(bracket.up_to, "yuan")
    return Text(f"{bound.zh}及以下：{stake.zh}", f"up to {bound.en}: {stake.en}")


def _standing(resolved: Resolved[Any, Any], phrases: Phrases) -> Text:
    when, level = phrases.condition(resolved.now.when), _LEVELS[resolved.entry.level]
    return Text(f"{when.zh} → {level.zh}", f"{when.en} → {level.en}")


def _course(resolved: Resolved[Any, Any], _: Phrases) -> Text:
    return joined((_step(step) for step in resolved.now.steps), " → ", " → ")


def _step(step: Step) -> Text:
    who = _BY[step.by]
    working = Text("个工作日", " working days") if step.working_days else Text("天", " days")
    within, least = step.within_days, step.at_least_days
    terms = joined(
        [
            who,
            _NOTHING if within is None else Text(f"{within}{working.zh}内", f"within {within}{working.en}"),
            _NOTHING
            if least is None
            else Text(f"不少于{least}{working.zh}", f"at least {least}{working.en}"),
        ],
        "，",
        ", ",
    )
    return Text(f"{step.zh}（{terms.zh}）", f"{step.en} ({terms.en})")


def _finding(resolved: Resolved[Any, Any], phrases: Phrases) -> Text:
    when, kind = phrases.condition(resolved.now.when), _FINDINGS[resolved.entry.kind]
    shown = joined((phrases.column(name) for name in resolved.now.evidence), "、", ", ")
    return Text(f"{when.zh} → {kind.zh}；列示{shown.zh}", f"{when.en} → {kind.en}; shows {shown.en}")


def _way(resolved: Resolved[Any, Any], _: Phrases) -> Text:
    now, mode = resolved.now, named(resolved.entry.use_mode)
    if now.dividend_percent is None:
        return Text(f"{mode.zh}：分红不固定", f"{mode.en}: no fixed dividend")
    rate, days = plain(now.dividend_percent), now.late_after_days
    return Text(
        f"{mode.zh}：年分红{rate}%，逾{days}天为迟付",
        f"{mode.en}: dividend of {rate} % a year, late after {days} days",
    )


def _subsidy(resolved: Resolved[Any, Any], phrases: Phrases) -> Text:
    now = resolved.now
    share, rate = amount(now.share, "share"), _RATES[now.rate]
    only = condition_text(now.when, phrases)
    return joined(
        [
            Text(f"按{rate.zh}贴息{share.zh}", f"{share.en} of the interest at {rate.en}"),
            _DAY_COUNTS[now.day_count],
            Text("逾期停止", "stops when overdue") if now.stops_when_overdue else _NOTHING,
            Text("到期停止", "stops at maturity") if now.stops_at_maturity else _NOTHING,
            Text(f"仅限：{only.zh}", f"only where {only.en}") if only.zh else _NOTHING,
        ]
    )


def _fund(resolved: Resolved[Any, Any], _: Phrases) -> Text:
    now = resolved.now
    shares = joined((_share(bearer, share) for bearer, share in now.shares.items()), "、", ", ")
    grounds = joined((named(ground) for ground in now.grounds), "、", ", ")
    back = None if now.profit_return_share is None else amount(now.profit_return_share, "share")
    return joined(
        [
            Text(f"损失分担：{shares.zh}", f"of a loss: {shares.en}"),
            Text(f"放大{plain(now.leverage)}倍", f"carries {plain(now.leverage)} times itself")
            if now.leverage
            else _NOTHING,
            Text(f"事由：{grounds.zh}", f"grounds: {grounds.en}") if now.grounds else _NOTHING,
            Text(f"盈利返还{back.zh}", f"{back.en} of the profit is returned") if back else _NOTHING,
        ]
    )


def _share(bearer: str, share: float) -> Text:
    who, part = _BEARERS.get(bearer, Text(bearer, bearer)), amount(share, "share")
    return Text(f"{who.zh}{part.zh}", f"{who.en} {part.en}")


def _class(resolved: Resolved[Any, Any], phrases: Phrases) -> Text:
    days, name = amount(resolved.now.from_days_overdue, "days"), named(resolved.entry.credit_class)
    only = condition_text(resolved.now.when, phrases)
    says = Text(f"逾期{days.zh}起至多为{name.zh}类", f"at best {name.en} from {days.en} overdue")
    limits = Text(f"仅限：{only.zh}", f"only where {only.en}") if only.zh else _NOTHING
    return joined([says, limits])


def _duty(resolved: Resolved[Any, Any], _: Phrases) -> Text:
    now: DutyInForce = resolved.now
    period = _PERIODS[now.every]
    day = Text(f"{now.day}日", f"by day {now.day}")
    if now.month is not None:
        day = Text(f"{now.month}月{now.day}日", f"by {now.month:02}-{now.day:02}")
    often = Text(f"{now.times}次", f"{now.times} times") if now.times > 1 else _NOTHING
    when = joined([period, day, often], "", ", ")
    return Text(f"{when.zh}前，{now.by}：{now.what}", f"{when.en}, {now.by}: {now.what}")


def _figure(resolved: Resolved[Any, Any], _: Phrases) -> Text:
    return amount(resolved.now.value, resolved.entry.unit)


def _identity(resolved: Resolved[Any, Any], _: Phrases) -> Text:
    now = resolved.now
    terms = _SIGNS[now.op].join(term if isinstance(term, str) else plain(term) for term in now.terms)
    holds = _HOLDS[now.holds]
    return Text(f"{terms} = {now.equals}：{holds.zh}", f"{terms} = {now.equals}: {holds.en}")


def _merit(resolved: Resolved[Any, Any], phrases: Phrases) -> Text:
    measure, weight = phrases.column(resolved.entry.measure), plain(resolved.now.weight)
    more = resolved.now.better == "more"
    zh, en = ("越高越好", "more is better") if more else ("越低越好", "less is better")
    return Text(f"{measure.zh}，权重{weight}，{zh}", f"{measure.en}, weight {weight}, {en}")


SCHEME_TEXTS: Final[Mapping[str, Say]] = MappingProxyType(
    {
        "ladder": _ladder,
        "stakes": _stake,
        "standings": _standing,
        "courses": _course,
        "findings": _finding,
        "ways": _way,
        "subsidies": _subsidy,
        "funds": _fund,
        "claim_rules": rule_text,
        "draw_rules": rule_text,
        "classes": _class,
        "duties": _duty,
        "figures": _figure,
        "identities": _identity,
        "merits": _merit,
    }
)
