"""Printed figures against their own arithmetic."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from app.domain.errors import PolicyError
from app.policy.figures import identity_findings, identity_values
from app.policy.policy import Rules, load

DAY = date(2020, 6, 1)
PACK = """\
name: printed
zh: 一份文件（模拟）
en: A simulated document
regimes:
  scheme:
    zh: 时期
    in_force:
      - {from: 2020-01-01, title_zh: 甲, title_en: A, reference: {kind: design}}
figures:
  households: {zh: 户数, unit: people, in_force: [{from: 2020-01-01, value: 8947, reference: {kind: design}}]}
  granted: {zh: 授信, unit: yuan, in_force: [{from: 2020-01-01, value: 314600000, reference: {kind: design}}]}
  each: {zh: 户均, unit: yuan, in_force: [{from: 2020-01-01, value: 35163, reference: {kind: design}}]}
  rated: {zh: 评级, unit: households, in_force: [{from: 2020-01-01, value: 2090, reference: {kind: design}}]}
  more: {zh: 另有, unit: households, in_force: [{from: 2020-01-01, value: 855, reference: {kind: design}}]}
  together: {zh: 合计, unit: people, in_force: [{from: 2020-01-01, value: 2571, reference: {kind: design}}]}
  half_fen: {zh: 半分, unit: yuan, in_force: [{from: 2020-01-01, value: 0.03, reference: {kind: design}}]}
identities:
  per_household:
    zh: 户均授信
    in_force:
      - from: 2020-01-01
        op: ratio
        terms: [granted, households]
        equals: each
        holds: true
        reference: {kind: derived, document: 一份文件}
  parts:
    zh: 两项之和
    en: both parts
    in_force:
      - from: 2020-01-01
        op: sum
        terms: [rated, more]
        equals: together
        holds: false
        reference: {kind: derived, document: 一份文件}
  interest:
    zh: 利息
    in_force:
      - from: 2020-01-01
        op: product
        terms: [0.5, 0.05]
        equals: half_fen
        to_the: 0.01
        holds: true
        reference: {kind: derived, document: 一份文件}
"""


def _folder(root: Path, text: str = PACK) -> Path:
    (root / "printed").mkdir()
    (root / "printed" / "pack.yaml").write_text(text, encoding="utf-8")
    return root / "printed"


@pytest.fixture(name="rules")
def _rules(tmp_path: Path) -> Rules:
    return load(_folder(tmp_path)).at(DAY)


def test_a_ratio_is_rounded_to_its_unit(rules: Rules) -> None:
    each = identity_values(rules)[0]

    assert (each.computed, each.printed, each.holds, each.unit) == (
        Decimal(35163),
        Decimal(35163),
        True,
        "yuan",
    )


def test_parts_that_do_not_add_up_are_a_finding_with_both_numbers(rules: Rules) -> None:
    (finding,) = identity_findings(rules)

    assert (finding.code, finding.computed, finding.printed) == ("parts", Decimal(2945), Decimal(2571))
    assert (finding.difference, finding.reference.document) == (Decimal(-374), "一份文件")


def test_half_a_fen_rounds_up_as_it_is_written_in_decimals(rules: Rules) -> None:
    interest = identity_values(rules)[2]

    assert (interest.computed, interest.holds) == (Decimal("0.03"), True)


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("holds: false", "holds: true", "line 35: the figures give 2945, 2571 is printed: `holds` is wrong"),
        ("equals: together", "equals: altogether", "line 31: there is no figure 'altogether'"),
        ("[rated, more]", "[rated, moor]", "line 31: there is no figure 'moor'"),
        ("value: 2090,", "to: 2020-12-31, value: 2090,", "line 31: the figure 'rated' is not in force all"),
        ("value: 8947", "value: 0", "line 25: it divides by zero"),
        ("to_the: 0.01", "to_the: 0", "line 44: .*greater than 0"),
    ],
)
def test_an_identity_that_contradicts_its_figures_is_refused_with_its_line(
    tmp_path: Path, before: str, after: str, says: str
) -> None:
    folder = _folder(tmp_path, PACK.replace(before, after, 1))

    with pytest.raises(PolicyError, match=says):
        load(folder)
