"""The rules in force on a day as rows that a person can read, each with where it comes from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from app.policy.entries import ReferenceKind
from app.policy.entry_texts import ENTRY_TEXTS
from app.policy.pack import SECTIONS
from app.policy.phrases import NO_LABELS, Labels, Phrases, Say, Text
from app.policy.policy import Policy
from app.policy.rules import Resolved, Rules
from app.policy.scheme_texts import SCHEME_TEXTS

_SAY: Final[Mapping[str, Say]] = MappingProxyType({**ENTRY_TEXTS, **SCHEME_TEXTS})

# What sections are called.
SECTION_NAMES: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "regimes": Text("政策时期", "periods of the scheme"),
        "parameters": Text("参数", "parameters"),
        "knowledge": Text("知悉时滞", "days until facts are known"),
        "parts": Text("评级部分", "parts of the rating"),
        "indicators": Text("评级指标", "indicators of the rating"),
        "grades": Text("等级与额度", "grades and limits"),
        "eligibility": Text("准入条件", "eligibility"),
        "triggers": Text("预警触发", "warning triggers"),
        "evidence": Text("贷后资料", "required evidence"),
        "reminders": Text("到期提醒", "reminders before maturity"),
        "action_rules": Text("处置规定", "rules on actions"),
        "situations": Text("处置顺序", "order of actions"),
        "recorded_causes": Text("有记录的成因", "recorded causes"),
        "cause_advice": Text("成因与处置", "what causes put first"),
        "guards": Text("防掩盖规定", "guards against hidden bad loans"),
        "ladder": Text("滚动台阶", "steps of the rolling ladder"),
        "stakes": Text("推荐责任", "helpers' stakes"),
        "standings": Text("信用称号", "credit standings"),
        "courses": Text("办理流程", "courses"),
        "findings": Text("异常核查", "findings"),
        "ways": Text("使用方式", "ways of use"),
        "subsidies": Text("贴息", "subsidies"),
        "funds": Text("风险基金", "funds"),
        "claim_rules": Text("代偿条件", "rules on claims"),
        "draw_rules": Text("用信条件", "rules on drawing a credit line"),
        "classes": Text("五级分类", "five-category classes"),
        "duties": Text("定期事项", "recurring duties"),
        "figures": Text("文件所列数字", "printed figures"),
        "identities": Text("数字核对", "checks on printed figures"),
        "merits": Text("考核权重", "weights of the appraisal"),
    }
)
# How sure a value's source is, plainly marked where no document states it.
KIND_MARKS: Final[Mapping[ReferenceKind, Text]] = MappingProxyType(
    {
        ReferenceKind.CITED: Text("引用", "cited"),
        ReferenceKind.DERIVED: Text("推算", "derived"),
        ReferenceKind.DESIGN: Text("设计", "design"),
        ReferenceKind.UNVERIFIED: Text("未核实", "unverified"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    """One entry in force: what it says in plain words, since when, until when, and on what ground.

    `until` is its last day, None while it goes on. `inherited_from` names the pack that is extended where
    the entry is not the place's own.
    """

    section: str
    code: str
    zh: str
    en: str
    says: Text
    since: date
    until: date | None
    kind: ReferenceKind
    document: str
    clause: str
    note: str
    inherited_from: str | None

    @property
    def mark(self) -> Text:
        """This function will give the plain mark of the reference: 引用, 推算, 设计, 未核实."""
        return KIND_MARKS[self.kind]


def rule_rows(
    policy: Policy, day: date, labels: Labels = NO_LABELS, *, section: str | None = None
) -> tuple[RuleRow, ...]:
    """This function will list all rules in force on a day, or those of a section, in the pack's order.

    `labels` names the columns that conditions read. Raises NoRulesInForceError.
    """
    rules = policy.at(day)
    phrases = Phrases.of(rules, labels)
    wanted = SECTIONS if section is None else (section,)
    return tuple(row for name in wanted for row in _rows(policy, rules, name, phrases))


def entries_of(rules: Rules, section: str) -> tuple[Resolved[Any, Any], ...]:
    """This function will give the entries of a section in force."""
    found: tuple[Resolved[Any, Any], ...]
    found = rules.parameter_entries if section == "parameters" else getattr(rules, section)
    return found


def _rows(policy: Policy, rules: Rules, section: str, phrases: Phrases) -> Iterator[RuleRow]:
    for resolved in entries_of(rules, section):
        reference = resolved.now.reference
        yield RuleRow(
            section=section,
            code=resolved.code,
            zh=resolved.entry.zh,
            en=resolved.entry.en or resolved.code.replace("_", " "),
            says=_SAY[section](resolved, phrases),
            since=resolved.now.from_,
            until=resolved.now.to,
            kind=reference.kind,
            document=reference.document,
            clause=reference.clause,
            note=reference.note,
            inherited_from=None if (section, resolved.code) in policy.own else policy.pack.extends,
        )
