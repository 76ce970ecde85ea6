"""Tables that only notebooks show, with headings in Chinese and English."""

from collections.abc import Sequence
from typing import Final

import polars as pl

from app.cli.advice import LABELS
from app.domain.ledger.columns import Column, count, flag, quantity, text
from app.domain.words import Action, Light
from app.ledgerfile.writing import Sheet
from app.scoring.labels import DEFAULTED, REPAID, RESTRUCTURED
from app.services.advising import Evaluation

_ACTIONS: Final = {action.value: action.zh for action in Action}
_PER_CENT: Final = 100
_WAN: Final = 10_000
_LIGHTS: Final = (
    text("light", "灯 light"),
    count("loans", "笔数 loans"),
    count("repaid", "还清 repaid"),
    count("defaulted", "违约 defaulted"),
    count("restructured", "展期续贷 restructured"),
    quantity("rate", "实际违约率 default rate, %"),
)
_THRESHOLDS: Final = (
    quantity("threshold", "界限 threshold, %"),
    count("visits", "走访 visits"),
    quantity("flagged_share", "占比 share, %"),
    count("caught", "赶到的违约 caught"),
    count("missed", "漏掉 missed"),
    count("false_alarms", "误报 false alarms"),
    quantity("visit_wan", "走访成本（万元） visits, 10 000 yuan"),
    quantity("reached_wan", "走访所及预期损失（万元） loss reached, 10 000 yuan"),
    quantity("per_visit_yuan", "每次走访（元） per visit, yuan"),
)
_POLICIES: Final = (
    text("policy", "办法 policy"),
    quantity("loss", "损失（元/笔） loss, yuan a loan"),
    quantity("failed", "预期违约笔数 failed"),
    count("visits", "走访 visits"),
    text("more", "多损失 beyond ours"),
    text("way", "走了多远 way, %"),
)
_RECORDED: Final = (
    text("action", "处置 action"),
    count("n", "笔数 loans"),
    quantity("truth", "真值 truth, 百分点"),
    quantity("naive", "直接比较 naive, 百分点"),
    text("estimate", "双稳健 doubly robust, 百分点"),
    flag("agrees", "区间含真值 holds the truth"),
)


def lights_sheet(judged: pl.DataFrame, told: pl.DataFrame) -> Sheet:
    """This function will set lights (judged: loan_id, light) against what came (told: loan_id, outcome)."""
    both = judged.join(told.select("loan_id", "outcome"), on="loan_id")
    counts = both.group_by("light").agg(
        pl.len().alias("loans"),
        *((pl.col("outcome") == name).sum().alias(name) for name in (REPAID, DEFAULTED, RESTRUCTURED)),
    )
    ended = pl.col(REPAID) + pl.col(DEFAULTED)
    rate = (pl.col(DEFAULTED) / ended * _PER_CENT).fill_nan(None).round(1).alias("rate")
    order = {light.value: light.rank for light in Light}
    named = pl.col("light").replace({light.value: f"{light.zh} {light.value}" for light in Light})
    rows = counts.with_columns(rate).sort(pl.col("light").replace_strict(order), descending=True)
    return _sheet("灯与结果 lights and outcomes", _LIGHTS, rows.with_columns(named))


def thresholds_sheet(table: pl.DataFrame) -> Sheet:
    """This function will lay out what `threshold_table` found."""
    rows = table.with_columns(
        (pl.col("threshold", "flagged_share") * _PER_CENT).round(1),
        (pl.col("visit_yuan") / _WAN).round(2).alias("visit_wan"),
        (pl.col("reached_yuan") / _WAN).round(1).alias("reached_wan"),
        pl.col("per_visit_yuan").round(0),
    )
    return _sheet("各界限的代价 what thresholds cost", _THRESHOLDS, rows)


def policies_sheet(found: Evaluation) -> Sheet:
    """This function will lay out what each policy loses."""
    rows = [
        {
            "policy": LABELS[each.policy], "loss": round(each.loss, 1), "failed": round(each.failed, 1),
            "visits": each.visits, "more": _range(each.more, 1), "way": _range(each.way, _PER_CENT),
        }
        for each in found.outcomes
    ]  # fmt: skip
    return _sheet("各办法的损失 what policies lose", _POLICIES, pl.DataFrame(rows))


def recorded_sheet(found: Evaluation) -> Sheet:
    """This function will set effects estimated from recorded dispositions against the truth."""
    rows = [
        {
            "action": _ACTIONS[each.action], "n": each.estimate.n, "agrees": each.agrees,
            "truth": round(each.truth * _PER_CENT, 1), "naive": round(each.naive * _PER_CENT, 1),
            "estimate": _range(
                (each.estimate.change, each.estimate.low, each.estimate.high), _PER_CENT, digits=1
            ),
        }
        for each in found.recorded
    ]  # fmt: skip
    schema = {column.name: column.dtype for column in _RECORDED}
    return _sheet("已办处置 recorded dispositions", _RECORDED, pl.DataFrame(rows, schema=schema))


def _range(ends: tuple[float, float, float], times: float, *, digits: int = 0) -> str:
    value, low, high = (f"{round(end * times, digits) + 0.0:,.{digits}f}" for end in ends)
    return f"{value} [{low}, {high}]"


def _sheet(name: str, columns: Sequence[Column], rows: pl.DataFrame) -> Sheet:
    shaped = rows.select(pl.col(column.name).cast(column.dtype) for column in columns)
    return Sheet(name=name, columns=tuple(columns), rows=shaped)
