"""Rows of the list of warnings, and the same list as sheets for people."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from types import MappingProxyType
from typing import Any, Final

import polars as pl

from app.domain.ledger.columns import Column, choice, code, count, day, flag, money, quantity, text
from app.domain.money import PPM
from app.domain.words import Action, Cause, Industry, Light, LoanKind, Word
from app.ledgerfile.writing import Sheet
from app.services.ports import SweepRecord, WarningFilter

Row = Mapping[str, Any]

SHOWN: Final = (
    "assessment_id",
    "loan_id",
    "household_id",
    "township_code",
    "village_code",
    "bank",
    "industry",
    "kind",
    "amount",
    "balance",
    "disbursed_on",
    "matures_on",
    "days_to_maturity",
    "as_of",
    "light",
    "trigger_light",
    "model_light",
    "data_gap",
    "rating_points",
    "rating_grade",
    "rating_limit",
    "agreement",
    "top_action",
    "next_change_on",
    "policy",
    "policy_hash",
    "artefact_id",
    "watermark",
)
_SHARES: Final = MappingProxyType({"pd": "pd_ppm", "pd_low": "pd_low_ppm", "pd_high": "pd_high_ppm"})

COLUMNS: Final = (
    choice("light", "灯", Light),
    flag("data_gap", "数据缺失"),
    code("township_code", "乡镇编码"),
    code("village_code", "村编码"),
    code("household_id", "户编号"),
    code("loan_id", "贷款编号"),
    code("bank", "贷款机构"),
    choice("industry", "用途", Industry),
    choice("kind", "贷款性质", LoanKind),
    money("amount", "贷款金额(元)"),
    money("balance", "贷款余额(元)"),
    day("matures_on", "到期日期"),
    count("days_to_maturity", "距到期天数"),
    choice("top_cause", "首要成因", Cause),
    choice("top_action", "首选处置建议", Action),
    quantity("pd", "违约概率"),
    count("rating_points", "评级得分"),
    code("rating_grade", "评级等级"),
    day("as_of", "基准日"),
    day("next_change_on", "下次变化日"),
    code("assessment_id", "研判编号"),
)
_FILLS: Final = MappingProxyType(
    {Light.RED.zh: "#F8CBAD", Light.YELLOW.zh: "#FFE699", Light.GREEN.zh: "#C6E0B4"}
)
_WORDS: Final[Mapping[str, type[Word]]] = MappingProxyType(
    {"light": Light, "cause": Cause, "action": Action, "industry": Industry}
)
_LABELS: Final = MappingProxyType(
    {
        "as_of": "基准日",
        "township": "乡镇",
        "village": "村",
        "bank": "贷款机构",
        "industry": "用途",
        "light": "灯",
        "cause": "成因",
        "action": "处置建议",
        "due_within_days": "多少天内到期",
    }
)


def list_row(row: Row) -> dict[str, Any]:
    """This function will give a stored assessment as a row of the list; shares from 0 to 1, money in fen."""
    shares = {name: None if row[ppm] is None else row[ppm] / PPM for name, ppm in _SHARES.items()}
    return {**{name: row[name] for name in SHOWN}, **shares, "top_cause": row["top_cause"] or None}


def warnings_sheet(rows: Sequence[Row]) -> Sheet:
    """This function will lay rows of the list out for people: Chinese headings, yuan, lights as words."""
    columns = {c.name: [row[c.name] for row in rows] for c in COLUMNS}
    frame = pl.DataFrame(columns, schema=_schema(COLUMNS))
    return Sheet(name="预警清单", columns=COLUMNS, rows=frame, fills=_FILLS)


def filters_sheet(where: WarningFilter, rows: Sequence[Row], sweep: SweepRecord | None) -> Sheet:
    """This function will say what the list was made from: filters, run, versions, number of rows."""
    asked = {_LABELS[name]: _word(name, value) for name, value in asdict(where).items() if value is not None}
    first: Row = rows[0] if rows else {}
    facts = {
        "基准日": first.get("as_of"),
        **asked,
        "批次": None if sweep is None else sweep.sweep_id,
        "政策包": first.get("policy"),
        "政策包指纹": first.get("policy_hash"),
        "模型版本": first.get("artefact_id"),
        "行数": len(rows),
    }
    lines = [(name, "" if value is None else str(value)) for name, value in facts.items()]
    columns = (text("item", "项目"), text("value", "内容"))
    return Sheet(
        name="筛选条件", columns=columns, rows=pl.DataFrame(lines, schema=_schema(columns), orient="row")
    )


def _word(name: str, value: object) -> object:
    """Give a fixed word's Chinese label."""
    return next((word.zh for word in _WORDS.get(name, ()) if word.value == value), value)


def _schema(columns: Sequence[Column]) -> dict[str, pl.DataType]:
    return {column.name: column.dtype for column in columns}
