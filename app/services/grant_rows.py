"""Grants of a place in words: rows for machines with their clauses, and the same as sheets for people."""

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from app.domain.ledger.columns import Column, choice, code, count, day, money, rate, text
from app.domain.words import Eligibility, Registration
from app.ledgerfile.writing import Sheet
from app.policy.presentation import KIND_MARKS
from app.policy.rules import Rules
from app.services.clauses import clause, find
from app.services.granting import BELOW_LOWEST, Granted, totals

Told = dict[str, Any]
Row = Mapping[str, Any]

_SAME: Final = ("household_id", "village_code", "village_group", "registration", "borrower_age")
_RATED: Final = (
    ("points", "rating_points"),
    ("grade", "rating_grade"),
    ("grade_limit", "rating_limit"),
    ("limit", "limit_granted"),
)
_OFFERED: Final = ("annual_rate", "term_months", "line_ends_on", "result", "limit_offered", "rating_says")
COLUMNS: Final = (
    code("village_code", "村编码"),
    text("village_group", "组"),
    code("household_id", "户编号"),
    choice("registration", "户属性", Registration),
    count("borrower_age", "户主年龄"),
    count("points", "评级得分"),
    code("grade", "信用等级"),
    money("grade_limit", "等级额度(元)"),
    money("limit", "评级授信额度(元)"),
    choice("result", "结论", Eligibility),
    money("limit_offered", "可授信额度(元)"),
    rate("annual_rate", "年利率(%)"),
    count("term_months", "贷款期限(月)"),
    day("line_ends_on", "授信到期日"),
    text("why", "依据"),
)
_BELOW: Final = "评级得分低于最低等级，由人工审定"
_MISSES: Final = "评级所需资料缺失"


def grant_row(row: Row, rules: Rules) -> Told:
    """This function will tell a household's grant with the rules that decided it; fen, and ppm a year."""
    decided = [
        {**clause(rules, "eligibility", named), "effect": row["result"]} for named in row["decided_by"]
    ]
    missing = [_label(rules, named) for named in row["rating_misses"]]
    rated = {name: row[column] for name, column in _RATED}
    same, offered = ({name: row[name] for name in names} for names in (_SAME, _OFFERED))
    return {**same, **rated, **offered, "rules": decided, "missing": missing}


def _label(rules: Rules, code: str) -> Told:
    labels = clause(rules, "indicators", code)
    return {name: labels[name] for name in ("code", "zh", "en")}


def head(granted: Granted) -> Told:
    """This function will tell what the grants of a place rest on: day, pack, terms, source of the rate."""
    cap, rules = granted.offers.rate_cap, granted.rules
    return {
        "place_code": granted.place,
        "as_of": granted.as_of,
        "policy": rules.policy,
        "policy_hash": rules.content_hash,
        "watermark": granted.watermark,
        "term_months": granted.offers.term_months,
        "line_ends_on": granted.offers.line_ends_on,
        "rate_reference": None if cap is None else cap.now.reference.model_dump(mode="json"),
        "households": granted.households,
    }


def grants_sheets(granted: Granted) -> list[Sheet]:
    """This function will lay grants out for people: the households, and what the list was made from."""
    rules = granted.rules
    rows = [_cells(row, rules) for row in granted.rows.iter_rows(named=True)]
    listed = Sheet(name="整村授信", columns=COLUMNS, rows=pl.DataFrame(rows, schema=_schema(COLUMNS)))
    return [listed, _basis_sheet(granted)]


def _cells(row: Row, rules: Rules) -> Told:
    told = grant_row(row, rules)
    return {**{c.name: told.get(c.name) for c in COLUMNS}, "why": _why(row, rules)}


def _why(row: Row, rules: Rules) -> str:
    said = [_cited(code, rules) for code in row["decided_by"]]
    if row["rating_says"] == BELOW_LOWEST:
        said.append(_BELOW)
    elif row["rating_says"]:
        named = "、".join(_label(rules, code)["zh"] for code in row["rating_misses"])
        said.append(f"{_MISSES}：{named}")
    return "；".join(said)


def _cited(code: str, rules: Rules) -> str:
    found = find(rules, "eligibility", code)
    if found is None:
        return code
    reference = found.now.reference
    source = " ".join(filter(None, (reference.document, reference.clause)))
    mark = KIND_MARKS[reference.kind].zh
    return f"{found.entry.zh}（{mark}{f'：{source}' if source else ''}）"


def _basis_sheet(granted: Granted) -> Sheet:
    counted, cap = totals(granted.rows), granted.offers.rate_cap
    facts = {
        "区划代码": granted.place,
        "基准日": granted.as_of,
        "政策包": f"{granted.rules.policy} {granted.rules.zh}",
        "政策包指纹": granted.rules.content_hash,
        "农户数": granted.households,
        **{f"{word.zh}户数": counted[word.value] for word in Eligibility},
        "可授信额度合计(元)": f"{counted['limit_offered'] / 100:.2f}",
        "贷款期限(月)": granted.offers.term_months,
        "授信到期日": granted.offers.line_ends_on,
        "利率上限": None if cap is None else f"{cap.now.value}%（{KIND_MARKS[cap.now.reference.kind].zh}）",
        "用途": "限生产经营，户贷户用",
    }
    lines = [(name, "" if value is None else str(value)) for name, value in facts.items()]
    columns = (text("item", "项目"), text("value", "内容"))
    return Sheet(
        name="说明", columns=columns, rows=pl.DataFrame(lines, schema=_schema(columns), orient="row")
    )


def _schema(columns: tuple[Column, ...]) -> dict[str, pl.DataType]:
    return {column.name: column.dtype for column in columns}
