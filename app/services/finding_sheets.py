"""Findings as sheets for people: a summary, one sheet per kind, and what was looked for."""

from collections.abc import Iterable, Sequence
from typing import Final

import polars as pl

from app.domain.ledger.columns import Column, code, count, day, flag, money, text
from app.ledgerfile.writing import Sheet
from app.services.loan_findings import Check, Found

KINDS: Final = {"anomaly": "异常贷款", "prohibition": "禁止事项", "watch": "关注事项"}
_SOURCES: Final = {"cited": "文件原文", "derived": "推算", "design": "本系统设计", "unverified": "未核实"}

ROW_COLUMNS: Final = (
    text("zh", "问题"),
    code("loan_id", "贷款编号"),
    code("household_id", "户编号"),
    text("borrower", "借款人（掩码）"),
    code("township_code", "乡镇编码"),
    code("village_code", "村编码"),
    code("bank", "贷款机构"),
    day("disbursed_on", "放款日期"),
    money("amount", "贷款金额(元)"),
    money("balance", "贷款余额(元)"),
    flag("active", "未结清"),
    count("related_loans", "相关贷款笔数"),
    text("related", "相关贷款编号"),
    text("evidence_zh", "依据"),
    text("clause", "条款"),
    text("document", "文件"),
    text("source", "出处性质"),
    text("evidence_en", "evidence"),
    code("finding", "代码"),
)
SUMMARY_COLUMNS: Final = (
    text("kind_zh", "类别"),
    text("zh", "问题"),
    text("en", "finding"),
    code("township_code", "乡镇编码"),
    text("township", "乡镇"),
    count("loans", "笔数"),
    money("amount", "贷款金额(元)"),
    money("balance", "贷款余额(元)"),
)
CHECK_COLUMNS: Final = (
    text("kind_zh", "类别"),
    text("zh", "检查事项"),
    text("en", "check"),
    day("since", "适用放款日起"),
    day("until", "适用放款日止"),
    count("loans", "查出笔数"),
    text("source", "出处性质"),
    text("document", "文件"),
    text("clause", "条款"),
    text("note", "说明（含台账看不到的内容）"),
)
_BASIS: Final = (text("item", "项目"), text("value", "内容"))


def findings_sheets(found: Found, places: pl.DataFrame) -> list[Sheet]:
    """This function will lay findings out for people; `places` has place_code and place_name."""
    kinds = [_kind_sheet(found, kind) for kind in KINDS if any(c.kind == kind for c in found.checks)]
    return [_summary_sheet(found, places), *kinds, _checks_sheet(found), _basis_sheet(found)]


def _summary_sheet(found: Found, places: pl.DataFrame) -> Sheet:
    named = places.select(pl.col("place_code").alias("township_code"), pl.col("place_name").alias("township"))
    rows = found.by_township.join(
        named.unique("township_code"), on="township_code", how="left", maintain_order="left"
    )
    return Sheet(
        name="汇总", columns=SUMMARY_COLUMNS, rows=_shaped(rows.with_columns(_KIND), SUMMARY_COLUMNS)
    )


_KIND: Final = pl.col("kind").replace(KINDS).alias("kind_zh")


def _kind_sheet(found: Found, kind: str) -> Sheet:
    rows = found.rows.filter(pl.col("kind") == kind).join(
        found.borrowers, on="borrower_id", how="left", maintain_order="left"
    )
    shown = rows.with_columns(
        pl.col("related").list.join("、"), pl.col("reference_kind").replace(_SOURCES).alias("source")
    )
    return Sheet(name=KINDS[kind], columns=ROW_COLUMNS, rows=_shaped(shown, ROW_COLUMNS))


def _checks_sheet(found: Found) -> Sheet:
    rows = pl.DataFrame(
        [_told(found, check) for check in found.checks], schema=_schema(CHECK_COLUMNS), orient="row"
    )
    return Sheet(name="检查事项", columns=CHECK_COLUMNS, rows=rows)


def _told(found: Found, check: Check) -> tuple[object, ...]:
    same = (pl.col("finding") == check.finding) & (pl.col("disbursed_on") >= check.since)
    until = pl.lit(value=True) if check.until is None else pl.col("disbursed_on") <= check.until
    loans = found.rows.filter(same & until).height
    reference = check.reference
    return (
        KINDS[check.kind], check.zh, check.en, check.since, check.until, loans,
        _SOURCES[reference.kind.value], reference.document, reference.clause, reference.note,
    )  # fmt: skip


def _basis_sheet(found: Found) -> Sheet:
    lines = [
        ("基准日", found.as_of.isoformat()),
        ("政策包", found.policy),
        ("政策包指纹", found.policy_hash),
        ("查出（笔·项）", str(found.rows.height)),
        ("放款日早于规则、未检查的贷款笔数", str(found.unchecked)),
        ("没有人员信息、未作姓名证件比对的借款人数", str(found.nameless)),
        ("用法", "查出的事项供人核实，不是结论；贷款按放款当日有效的规则检查。"),
    ]
    rows = pl.DataFrame(lines, schema=_schema(_BASIS), orient="row")
    return Sheet(name="说明", columns=_BASIS, rows=rows)


def _shaped(rows: pl.DataFrame, columns: Iterable[Column]) -> pl.DataFrame:
    return rows.select(pl.col(column.name).cast(column.dtype) for column in columns)


def _schema(columns: Sequence[Column]) -> dict[str, pl.DataType]:
    return {column.name: column.dtype for column in columns}
