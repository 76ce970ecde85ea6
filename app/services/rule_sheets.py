"""The rules in force as sheets for people."""

from collections.abc import Sequence
from typing import Any, Final, Literal

import polars as pl

from app.domain.ledger.columns import Column, code, day, text
from app.ledgerfile.writing import Sheet
from app.policy.figures import IdentityValue
from app.policy.phrases import Text
from app.policy.presentation import SECTION_NAMES, RuleRow

Tongue = Literal["zh", "en", "both"]
OWN: Final = Text("本地", "own")

_HEAD: Final = (code("section", "部分"), code("code", "代码"))
_SAID: Final[dict[Tongue, tuple[Column, ...]]] = {
    "zh": (text("zh", "规则"), text("says_zh", "内容")),
    "en": (text("en", "rule"), text("says_en", "says")),
}
_TAIL: Final = (
    day("since", "起"),
    day("until", "止"),
    code("mark", "依据"),
    text("document", "文件"),
    text("clause", "条款"),
    text("note", "说明"),
    code("from_pack", "来自"),
)
_FINDINGS: Final = (
    code("code", "代码"),
    text("zh", "核对"),
    text("en", "check"),
    text("computed", "计算值"),
    text("printed", "文件所列"),
    text("document", "文件"),
    text("clause", "条款"),
)


def rules_sheet(rows: Sequence[RuleRow], tongue: Tongue) -> Sheet:
    """This function will lay rules out for people, in one language or both."""
    said = (*_SAID["zh"], *_SAID["en"]) if tongue == "both" else _SAID[tongue]
    return _sheet("规则", (*_HEAD, *said, *_TAIL), [_rule(row, tongue) for row in rows], tongue)


def findings_sheet(findings: Sequence[IdentityValue], tongue: Tongue) -> Sheet:
    """This function will list printed figures that do not add up."""
    return _sheet("数字不符", _FINDINGS, [_finding(finding) for finding in findings], tongue)


def _sheet(name: str, columns: tuple[Column, ...], rows: list[dict[str, Any]], tongue: Tongue) -> Sheet:
    frame = pl.DataFrame(rows, schema={column.name: column.dtype for column in columns})
    return Sheet(name=name, columns=columns, rows=frame, language="en" if tongue == "en" else "zh")


def _rule(row: RuleRow, tongue: Tongue) -> dict[str, Any]:
    name, mark = SECTION_NAMES[row.section], row.mark
    return {
        "section": name.en if tongue == "en" else name.zh,
        "code": row.code,
        "zh": row.zh,
        "says_zh": row.says.zh,
        "en": row.en,
        "says_en": row.says.en,
        "since": row.since,
        "until": row.until,
        "mark": mark.en if tongue == "en" else mark.zh,
        "document": row.document,
        "clause": row.clause,
        "note": row.note,
        "from_pack": row.inherited_from or (OWN.en if tongue == "en" else OWN.zh),
    }


def _finding(finding: IdentityValue) -> dict[str, Any]:
    reference = finding.reference
    numbers = {"computed": f"{finding.computed:f}", "printed": f"{finding.printed:f}"}
    return {
        "code": finding.code,
        "zh": finding.zh,
        "en": finding.en,
        **numbers,
        "document": reference.document,
        "clause": reference.clause,
    }
