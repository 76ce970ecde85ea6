"""Broken schemes of places, one mistake each: the message names the file, the line and the mistake."""

from pathlib import Path

import pytest

from app.domain.errors import PolicyError
from app.policy.policy import load

HEAD = """\
name: small
zh: 小县（模拟）
en: A small simulated county
regimes:
  scheme:
    zh: 时期
    in_force:
      - {from: 2020-01-01, title_zh: 甲, title_en: A, reference: {kind: design}}
"""
SECTIONS = {
    "ladder": """\
C: {zh: 丙, in_force: [{from: 2020-01-01, limit: 30000, years_on_time: 0, reference: {kind: design}}]}
B: {zh: 乙, in_force: [{from: 2020-01-01, limit: 40000, years_on_time: 1, reference: {kind: design}}]}
""",
    "stakes": """\
helper:
  zh: 推荐责任
  in_force:
    - from: 2020-01-01
      to: 2020-12-31
      brackets: [{up_to: 10000, share: refer}, {up_to: 30000, share: 0.01}, {share: 0.05}]
      reference: {kind: design}
    - from: 2021-01-01
      brackets: [{share: 0.05}]
      reference: {kind: design}
""",
    "standings": """\
village:
  zh: 信用村
  level: village
  rank: 1
  in_force:
    - from: 2020-01-01
      when: {feature: rated_share, is: {at_least: 0.8}}
      reference: {kind: design}
""",
    "courses": """\
review:
  zh: 评审
  in_force:
    - from: 2020-01-01
      steps:
        - {code: survey, zh: 摸底, en: survey, by: survey}
        - {code: notice, zh: 公示, en: notice, by: public, at_least_days: 7}
      reference: {kind: design}
""",
    "findings": """\
overdue:
  zh: 逾期
  kind: anomaly
  in_force:
    - from: 2020-01-01
      when: {feature: days_past_maturity, is: {above: 0}}
      evidence: [days_past_maturity]
      reference: {kind: design}
""",
    "funds": """\
shared:
  zh: 风险补偿金
  fund: compensation
  in_force:
    - from: 2020-01-01
      shares: {fund: 0.7, bank: 0.3}
      leverage: 10
      reference: {kind: design}
""",
    "claim_rules": """\
days:
  zh: 逾期天数
  in_force:
    - from: 2020-01-01
      when: {feature: days_overdue, is: {below: 90}}
      effect: refused
      reference: {kind: cited, document: 一份文件}
""",
    "subsidies": """\
interest:
  zh: 贴息
  in_force:
    - from: 2020-01-01
      day_count: flat_year
      rate: loan
      share: 1
      stops_when_overdue: true
      stops_at_maturity: true
      reference: {kind: design}
""",
    "duties": """\
interest:
  zh: 结息
  in_force:
    - {from: 2020-01-01, every: year, month: 12, day: 20, by: 借款人, what: 付息, reference: {kind: design}}
""",
    "figures": """\
part: {zh: 部分, unit: yuan, in_force: [{from: 2020-01-01, value: 2, reference: {kind: design}}]}
whole: {zh: 合计, unit: yuan, in_force: [{from: 2020-01-01, value: 4, reference: {kind: design}}]}
""",
    "identities": """\
sum:
  zh: 合计
  in_force:
    - from: 2020-01-01
      op: sum
      terms: [part, 2]
      equals: whole
      holds: true
      reference: {kind: design}
""",
    "merits": """\
overdue:
  zh: 逾期率
  measure: overdue_rate_amount
  in_force:
    - {from: 2020-01-01, weight: 30, better: less, reference: {kind: design}}
""",
}
BROKEN = {
    "an unknown key": ("ladder", "limit: 40000,", "limit: 40000, lim: 1,", "line 2: .*lim: Extra inputs"),
    "a value without reference": (
        "duties",
        ", reference: {kind: design}",
        "",
        "line 4: interest.in_force.0.reference|Field required",
    ),
    "a ladder that does not rise": ("ladder", "limit: 40000", "limit: 30000", "line 2: step B wants more"),
    "two steps of one year": ("ladder", "years_on_time: 1", "years_on_time: 0", "line 2: step B wants more"),
    "a step for nothing": ("ladder", "limit: 30000", "limit: 0", "line 1: .*greater than 0"),
    "brackets that overlap": ("stakes", "up_to: 30000", "up_to: 10000", "line 4: .*brackets rise"),
    "a last bracket with a bound": (
        "stakes",
        "{share: 0.05}]\n      r",
        "{up_to: 5, share: 0.05}]\n      r",
        "brackets rise",
    ),
    "a hole in dates": (
        "stakes",
        "to: 2020-12-31",
        "to: 2020-12-30",
        "line 1: .*no value between 2020-12-30",
    ),
    "dates that overlap": ("stakes", "to: 2020-12-31", "to: 2021-01-01", "line 1: .*overlap on 2021-01-01"),
    "a stake that is a word": ("stakes", "share: refer", "share: refuse", "line 6: .*share"),
    "an unknown level": ("standings", "level: village", "level: province", "line 3: .*'township'"),
    "a column that standings do not have": (
        "standings",
        "rated_share",
        "rating_share",
        "line 6: there is no feature 'rating_share'",
    ),
    "a standing without condition": (
        "standings",
        "when: {feature: rated_share, is: {at_least: 0.8}}\n      ",
        "",
        "line 6: .*Field required",
    ),
    "a step twice in a course": ("courses", "code: notice", "code: survey", "line 4: .*different codes"),
    "a step by nobody known": ("courses", "by: public", "by: everybody", "line 7: .*'household'"),
    "a column that findings do not have": (
        "findings",
        "when: {feature: days_past_maturity",
        "when: {feature: days_late",
        "line 5: there is no feature 'days_late'",
    ),
    "a finding that shows nothing": ("findings", "[days_past_maturity]", "[]", "line 7: .*at least 1 item"),
    "shares that make no whole": ("funds", "bank: 0.3", "bank: 0.2", "line 5: .*add up to 1"),
    "a share below nothing": (
        "funds",
        "fund: 0.7, bank: 0.3",
        "fund: 1.1, bank: -0.1",
        "line 5: .*add up to 1",
    ),
    "an unknown fund": ("funds", "fund: compensation", "fund: lottery", "line 3: .*'compensation'"),
    "a column that claims do not have": (
        "claim_rules",
        "days_overdue",
        "days_overdo",
        "line 4: there is no feature 'days_overdo'",
    ),
    "a claim refused without a clause": (
        "claim_rules",
        "{kind: cited, document: 一份文件}",
        "{kind: unverified}",
        "line 4: .*only a cited clause refuses",
    ),
    "an unknown day count": ("subsidies", "flat_year", "flat_month", "line 5: .*'flat_year'"),
    "more than the whole interest": (
        "subsidies",
        "share: 1\n",
        "share: 1.5\n",
        "line 7: .*less than or equal to 1",
    ),
    "a yearly duty without month": ("duties", "month: 12, ", "", "line 4: .*names its month"),
    "a monthly duty with a month": ("duties", "every: year", "every: month", "line 4: .*names its month"),
    "an identity of unknown figures": (
        "identities",
        "[part, 2]",
        "[parts, 2]",
        "line 4: there is no figure 'parts'",
    ),
    "an identity that equals no figure": (
        "identities",
        "equals: whole",
        "equals: all_of",
        "line 4: there is no figure 'all_of'",
    ),
    "an identity that contradicts itself": (
        "identities",
        "holds: true",
        "holds: false",
        "line 8: the figures give 4, 4 is printed",
    ),
    "a figure without unit": (
        "figures",
        "part: {zh: 部分, unit: yuan,",
        "part: {zh: 部分,",
        "line 1: .*unit: Field required",
    ),
    "a merit that weighs nothing": ("merits", "weight: 30", "weight: 0", "line 5: .*greater than 0"),
}


def _written(root: Path, sections: dict[str, str]) -> Path:
    folder = root / "small"
    folder.mkdir()
    (folder / "pack.yaml").write_text(HEAD, encoding="utf-8")
    for name, text in sections.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def test_the_small_schemes_themselves_are_right(tmp_path: Path) -> None:
    policy = load(_written(tmp_path, SECTIONS), features=frozenset())

    assert all(getattr(policy.pack, section) for section in SECTIONS)


@pytest.mark.parametrize(("section", "before", "after", "says"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_scheme_is_refused_with_file_and_line(
    tmp_path: Path, section: str, before: str, after: str, says: str
) -> None:
    assert before in SECTIONS[section]
    broken = {**SECTIONS, section: SECTIONS[section].replace(before, after, 1)}

    with pytest.raises(PolicyError, match=says) as raised:
        load(_written(tmp_path, broken), features=frozenset())

    assert raised.value.problem.en.startswith(f"small/{section}.yaml, line ")
    assert raised.value.details["file"] == f"small/{section}.yaml"


def test_every_new_section_has_a_broken_pack() -> None:
    assert {section for section, *_ in BROKEN.values()} == set(SECTIONS)
