"""What changes if, as sheets for people: entries that differ, counts, and everybody who moves."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import polars as pl

from app.domain.ledger.columns import Column, code, count, money, text
from app.domain.words import Light
from app.ledgerfile.writing import Sheet
from app.policy.differences import Difference
from app.policy.phrases import Text
from app.policy.presentation import SECTION_NAMES, RuleRow
from app.services.rerating import BELOW, NOT_JUDGED, REFERRED, UNRATED, Moves, crossed

# What stands for a grade or light where there is none, and which way somebody moves.
WORDS: Final[Mapping[str, Text]] = MappingProxyType(
    {
        UNRATED: Text("无评级规定", "no rating"),
        REFERRED: Text("转人工", "referred"),
        BELOW: Text("未达最低等级", "below the lowest grade"),
        NOT_JUDGED: Text("未研判", "not judged"),
        "up": Text("上调", "up"),
        "down": Text("下调", "down"),
        "same": Text("不变", "same"),
        "changed": Text("变更", "changed"),
        **{light.value: Text(light.zh, light.value) for light in Light},
    }
)
_ENTRIES: Final = (
    code("section", "部分"),
    code("code", "代码"),
    text("zh", "规则"),
    text("before", "原政策包"),
    text("before_source", "原依据"),
    text("after", "新政策包"),
    text("after_source", "新依据"),
)
_COUNTS: Final = (text("what", "项目"), text("before", "原"), text("after", "新"), count("n", "数量"))
_HOUSEHOLDS: Final = (
    code("household_id", "户编号"),
    code("village_code", "村编码"),
    text("grade_a", "原等级"),
    text("grade_b", "新等级"),
    text("grade_move", "等级变动"),
    count("points_a", "原得分"),
    count("points_b", "新得分"),
    money("limit_a", "原额度(元)"),
    money("limit_b", "新额度(元)"),
    text("limit_move", "额度变动"),
)
_LOANS: Final = (
    code("loan_id", "贷款编号"),
    code("household_id", "户编号"),
    code("village_code", "村编码"),
    money("balance", "贷款余额(元)"),
    text("light_a", "原灯"),
    text("light_b", "新灯"),
    text("light_move", "变动"),
)
_SAID: Final = ("grade_a", "grade_b", "grade_move", "limit_move", "light_a", "light_b", "light_move")
Counts = Sequence[tuple[Text, str, str, int]]  # what, from, to, how many


def word(value: str) -> Text:
    """This function will name an outcome; the code of a grade is its name."""
    return WORDS.get(value, Text(value, value))


def counts(moves: Moves) -> Counts:
    """This function will count who went from which grade or light to which, and whose limit moves."""
    crossings = ((_GRADES, moves.households, "grade"), (_LIGHTS, moves.loans, "light"))
    found = [(what, *row) for what, judged, name in crossings for row in crossed(judged, name).iter_rows()]
    limits = moves.households.group_by("limit_move").len().sort("limit_move").iter_rows()
    return [*found, *((_LIMITS, "", move, n) for move, n in limits)]


_GRADES: Final = Text("等级（户）", "grade, households")
_LIGHTS: Final = Text("灯（笔）", "light, loans")
_LIMITS: Final = Text("额度（户）", "limit, households")


def move_sheets(differing: Iterable[Difference], moves: Moves) -> list[Sheet]:
    """This function will lay out the entries that differ, the counts, and which households and loans move."""
    households = moves.households.filter((pl.col("grade_move") != "same") | (pl.col("limit_move") != "same"))
    loans = moves.loans.filter(pl.col("light_move") != "same")
    counted = [(what.zh, word(a).zh, word(b).zh, n) for what, a, b, n in counts(moves)]
    return [
        _sheet("条目差异", _ENTRIES, [_entry(difference) for difference in differing]),
        _sheet("变动计数", _COUNTS, counted),
        Sheet(name="户变动", columns=_HOUSEHOLDS, rows=_worded(households)),
        Sheet(name="灯变动", columns=_LOANS, rows=_worded(loans)),
    ]


def _sheet(name: str, columns: tuple[Column, ...], rows: Sequence[tuple[Any, ...]]) -> Sheet:
    schema = {column.name: column.dtype for column in columns}
    return Sheet(name=name, columns=columns, rows=pl.DataFrame(rows, schema=schema, orient="row"))


def _entry(difference: Difference) -> tuple[str, ...]:
    before, after = difference.before, difference.after
    title = next(row.zh for row in (after, before) if row is not None)
    section = SECTION_NAMES[difference.section].zh
    return section, difference.code, title, *_told(before), *_told(after)


def _told(row: RuleRow | None) -> tuple[str, str]:
    if row is None:
        return "—", ""
    return row.says.zh, " ".join(part for part in (row.mark.zh, row.document, row.clause) if part)


def _worded(rows: pl.DataFrame) -> pl.DataFrame:
    words = {code: words.zh for code, words in WORDS.items()}
    named = [name for name in _SAID if name in rows.columns]
    return rows.with_columns(pl.col(name).replace(words) for name in named)
