"""Broken packs, one mistake each: the message names the file, the line and the mistake."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree

import pytest

from app.domain.errors import PolicyError, UnknownPolicyError
from app.policy.policy import PACKS, load, policies

SMALL = """\
name: small
zh: 小县（模拟）
en: A small simulated county
regimes:
  scheme:
    zh: 时期
    in_force:
      - {from: 2020-01-01, title_zh: 甲, title_en: A, reference: {kind: design}}
parameters:
  rating_total:
    zh: 总分
    unit: points
    in_force:
      - {from: 2020-01-01, value: 10, reference: {kind: design}}
  cap:
    zh: 上限
    unit: yuan
    in_force:
      - {from: 2020-01-01, to: 2020-12-31, value: 1, reference: {kind: design}}
      - {from: 2021-01-01, value: 2, reference: {kind: design}}
parts:
  all:
    zh: 全部
    in_force:
      - {from: 2020-01-01, points: 10, reference: {kind: design}}
indicators:
  income:
    zh: 收入
    part: all
    feature: income
    in_force:
      - from: 2020-01-01
        points: [{below: 1, points: 0}, {below: 2, points: 5}, {points: 10}]
        missing: refer
        reference: {kind: design}
grades:
  A: {zh: 甲, in_force: [{from: 2020-01-01, at_least: 8, limit: 2, reference: {kind: design}}]}
  B: {zh: 乙, in_force: [{from: 2020-01-01, at_least: 4, limit: 1, reference: {kind: design}}]}
eligibility:
  amount:
    zh: 额度
    in_force:
      - from: 2020-01-01
        when: {feature: amount, is: {above: {parameter: cap}}}
        effect: refused
        reference: {kind: cited, document: 一份文件}
triggers:
  late:
    zh: 逾期
    feature: days
    cause: willingness
    in_force:
      - {from: 2020-01-01, red: {at_least: 1}, reference: {kind: design}}
knowledge:
  loans: {zh: 贷款, in_force: [{from: 2020-01-01, days: 0, reference: {kind: design}}]}
"""
FEATURES = frozenset({"income", "amount", "days"})


@dataclass(frozen=True)
class Broken:
    """A mistake, and what is said of it."""

    before: str
    after: str
    says: str


BROKEN = {
    "not yaml": Broken("zh: 小县（模拟）", "zh: [小县", "small/pack.yaml, line 3: this is not YAML"),
    "a key twice": Broken("zh: 额度", "zh: 额度\n    zh: 限额", "line 42: the key 'zh' stands twice"),
    "an unknown key": Broken(
        "unit: yuan", "unit: yuan\n    unti: x", "line 18: parameters.cap.unti: Extra inputs"
    ),
    "an unknown section": Broken("knowledge:", "knowlege:", "line 54: knowlege: Extra inputs"),
    "no reference": Broken(
        "value: 10, reference: {kind: design}",
        "value: 10",
        "line 14: parameters.rating_total.in_force.0.reference: Field required",
    ),
    "a cited value without document": Broken(
        "{kind: cited, document: 一份文件}", "{kind: cited}", "line 46: .*a cited value names its document"
    ),
    "a day that is none": Broken("to: 2020-12-31", "to: 2020-13-31", "line 19: cannot read '2020-13-31'"),
    "an end before the beginning": Broken("to: 2020-12-31", "to: 2019-12-31", "line 19: .*before 2020-01-01"),
    "an overlap": Broken("to: 2020-12-31", "to: 2021-01-01", "line 15: .*values overlap on 2021-01-01"),
    "an open value before another": Broken("to: 2020-12-31, ", "", "line 15: .*values overlap on 2021-01-01"),
    "a gap": Broken(
        "to: 2020-12-31", "to: 2020-12-30", "line 15: .*no value between 2020-12-30 and 2021-01-01"
    ),
    "bands that do not rise": Broken(
        "{below: 2, points: 5}", "{below: 1, points: 5}", "line 32: .*bands rise"
    ),
    "a last band with a bound": Broken("{points: 10}]", "{below: 3, points: 10}]", "line 32: .*bands rise"),
    "a missing value worth too much": Broken(
        "missing: refer", "missing: 11", "line 32: .*no more than the best"
    ),
    "an infinite number": Broken(
        "{below: 2, points: 5}", "{below: .inf, points: 5}", "line 33: .*finite number"
    ),
    "points that do not fill a part": Broken(
        "{points: 10}]", "{points: 9}]", "line 22: from 2020-01-01 the best points add up to 9, not to 10"
    ),
    "parts that do not fill the total": Broken(
        "value: 10,", "value: 11,", "line 21: from 2020-01-01 the best points add up to 10, not to 11"
    ),
    "no total": Broken("rating_total:", "total:", "line 21: a rating wants the parameter 'rating_total'"),
    "an unknown part": Broken("part: all", "part: half", "line 29: there is no rating part 'half'"),
    "a grade twice as good with less money": Broken(
        "limit: 2,", "limit: 0,", "line 37: grade A wants more points"
    ),
    "an unknown parameter": Broken(
        "{parameter: cap}", "{parameter: cop}", "line 43: there is no parameter 'cop'"
    ),
    "a parameter that begins too late": Broken(
        "{from: 2020-01-01, to: 2020-12-31, value: 1, reference: {kind: design}}\n      - ",
        "",
        "line 42: the parameter 'cap' is not in force all the time",
    ),
    "an unknown feature in a condition": Broken(
        "feature: amount", "feature: amuont", "line 43: there is no feature 'amuont'"
    ),
    "an unknown feature of an indicator": Broken(
        "feature: income", "feature: incom", "line 30: there is no feature 'incom'"
    ),
    "an unknown feature of a trigger": Broken(
        "feature: days", "feature: day", "line 50: there is no feature 'day'"
    ),
    "a refusal without a clause": Broken(
        "{kind: cited, document: 一份文件}", "{kind: unverified}", "line 43: .*only a cited clause refuses"
    ),
    "an empty bound": Broken(
        "is: {above: {parameter: cap}}", "is: {}", "line 44: .*a bound names at least one"
    ),
    "a condition on two things": Broken(
        "{feature: amount, is:", "{feature: amount, missing: true, is:", "line 44: .*tests one feature"
    ),
    "an empty group": Broken(
        "{feature: amount, is: {above: {parameter: cap}}}", "{all_of: []}", "line 44: .*at least 1 item"
    ),
    "a trigger without light": Broken("red: {at_least: 1}, ", "", "line 53: .*yellow, red or both"),
    "an unknown cause": Broken(
        "cause: willingness", "cause: bad_luck", "line 51: .*Input should be 'willingness'"
    ),
    "a table that the ledger has not": Broken("loans:", "lones:", "line 55: the ledger has no table 'lones'"),
    "no period": Broken(SMALL[SMALL.index("regimes") : SMALL.index("parameters")], "", "it names no period"),
    "a name in capitals": Broken("name: small", "name: Small", "line 1: name: String should match"),
}


def _written(folder: Path, text: str) -> Path:
    (folder / "small").mkdir()
    (folder / "small" / "pack.yaml").write_text(text, encoding="utf-8")
    return folder / "small"


def test_the_small_pack_itself_is_right(tmp_path: Path) -> None:
    assert load(_written(tmp_path, SMALL), features=FEATURES).name == "small"


@pytest.mark.parametrize("mistake", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_pack_is_refused_with_file_and_line(tmp_path: Path, mistake: Broken) -> None:
    assert SMALL.count(mistake.before) == 1 or mistake.before in {"loans:", "zh: 额度", "limit: 2,"}
    folder = _written(tmp_path, SMALL.replace(mistake.before, mistake.after, 1))

    with pytest.raises(PolicyError, match=mistake.says) as raised:
        load(folder, features=FEATURES)

    assert raised.value.problem.en.startswith("small/pack.yaml, line ")
    assert raised.value.problem.zh.startswith("政策包文件 small/pack.yaml 第 ")
    assert raised.value.details["file"] == "small/pack.yaml"


def test_a_section_may_stand_in_a_file_of_its_own_and_errors_name_that_file(tmp_path: Path) -> None:
    head, _, grades = SMALL.partition("grades:\n")
    rules = grades[grades.index("eligibility:") :]
    folder = _written(tmp_path, head + rules)
    lines = grades[: grades.index("eligibility:")].replace("  A:", "A:").replace("  B:", "B:")
    (folder / "grades.yaml").write_text(lines, encoding="utf-8")
    right = load(folder)
    (folder / "grades.yaml").write_text(lines.replace("limit: 1", "limit: -1"), encoding="utf-8")

    with pytest.raises(PolicyError, match=r"small/grades.yaml, line 2: grades.B.in_force.0.limit"):
        load(folder)

    assert set(right.pack.grades) == {"A", "B"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "parameters:\n  cap:\n    zh: 另\n",
            "small/more.yaml, line 2: the key 'cap' stands in another file too",
        ),
        ("zh: 又\n", "small/more.yaml, line 1: the key 'zh' stands twice"),
        ("- zh\n", "small/more.yaml, line 1: the file holds keys and values"),
    ],
)
def test_two_files_may_not_say_the_same_thing(tmp_path: Path, text: str, says: str) -> None:
    folder = _written(tmp_path, SMALL)
    (folder / "more.yaml").write_text(text, encoding="utf-8")

    with pytest.raises(PolicyError, match=says):
        load(folder)


def test_a_file_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    folder = _written(tmp_path, SMALL)
    (folder / "more.yaml").write_bytes("zh: 县".encode("gb18030"))

    with pytest.raises(PolicyError, match=r"small/more.yaml, line 1: .*UTF-8"):
        load(folder)


def test_a_pack_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(
        UnknownPolicyError, match=r"no policy pack 'atlantis'; there are: .*national, .*yanchi"
    ):
        load("atlantis")


def test_a_folder_without_a_pack_is_no_pack(tmp_path: Path) -> None:
    with pytest.raises(UnknownPolicyError, match=r"no pack.yaml"):
        load(tmp_path)


def test_a_pack_that_extends_an_unknown_one_is_refused(tmp_path: Path) -> None:
    folder = _written(tmp_path, SMALL.replace("name: small", "name: small\nextends: atlantis"))

    with pytest.raises(UnknownPolicyError, match="'atlantis'"):
        load(folder)


def test_a_pack_that_extends_itself_is_refused(tmp_path: Path) -> None:
    folder = _written(tmp_path, SMALL.replace("name: small", "name: small\nextends: small"))

    with pytest.raises(PolicyError, match=r"small/pack.yaml, line 2: the pack 'small' extends itself"):
        load(folder)


def test_the_packs_that_ship_are_listed() -> None:
    assert {"national", "yanchi"} < set(policies())


def _edited(folder: Path, name: str, edit: Callable[[str], str]) -> Path:
    file = folder / name
    file.write_text(edit(file.read_text(encoding="utf-8")), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("file", "before", "after", "says"),
    [
        ("rating.yaml", "part: basics", "part: basis", "yanchi/rating.yaml, line .*no rating part 'basis'"),
        ("rating.yaml", "{points: 20}", "{points: 19}", "integrity|add up to 59, not to 60"),
        (
            "eligibility.yaml",
            "is_in: [ordinary]",
            "is_on: [ordinary]",
            "yanchi/eligibility.yaml, line .*is_on",
        ),
    ],
)
def test_a_mistake_in_a_place_that_extends_the_national_pack_names_the_places_file(
    tmp_path: Path, file: str, before: str, after: str, says: str
) -> None:
    folder = _edited(
        Path(copytree(PACKS / "yanchi", tmp_path / "yanchi")), file, lambda t: t.replace(before, after, 1)
    )

    with pytest.raises(PolicyError, match=says) as raised:
        load(folder)

    assert str(raised.value.details["file"]).startswith("yanchi/")
