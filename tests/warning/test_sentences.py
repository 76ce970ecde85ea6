from typing import Any

import pytest

from app.policy.entries import Reference
from app.warning.sentences import (
    cause_sentence,
    clause_sentence,
    effect_sentence,
    evidence_sentence,
    guard_sentence,
    model_sentence,
    reference_sentence,
    trigger_sentence,
)
from tests.warning.simulated import CITED, entry, estimates, frame, judge, judge_one, loan, rules

RULES = rules()


def _hit(**differences: Any) -> dict[str, Any]:
    hit: dict[str, Any] = judge_one(RULES, **differences)["triggers"][0]
    return hit


def test_a_trigger_says_label_value_unit_bound_and_light() -> None:
    said = trigger_sentence(_hit(principal_days_late=31.0), RULES)

    assert said.zh == "甲31天，超过30天：红灯。"
    assert said.en == "a 31 days, above 30 days: red."


def test_a_trigger_on_a_flag_says_its_label_and_light() -> None:
    assert trigger_sentence(_hit(contact_lost=1.0), RULES).zh == "甲：红灯。"


def test_a_bound_from_a_parameter_is_said_as_a_number() -> None:
    hit = _hit(income_per_head_12m_yuan=4_000.5, days_to_maturity=100.0)

    assert trigger_sentence(hit, RULES).zh == "甲4,000.5元，低于5,000元：黄灯。"


def test_a_share_is_said_in_per_cent() -> None:
    fall = rules(
        triggers={
            "fall": entry(
                {"feature": "income_change_yoy", "unit": "share", "cause": "income"}, yellow={"at_most": -0.5}
            )
        }
    )
    hit = judge_one(fall, income_change_yoy=-0.625)["triggers"][0]

    assert trigger_sentence(hit, fall).en == "a -62.5%, at most -50%: yellow."


@pytest.mark.parametrize(
    ("age", "zh"),
    [
        (None, "甲没有记录（最长180天），不能评为绿灯。"),
        (200.0, "甲已过期，距今200天（最长180天），不能评为绿灯。"),
    ],
)
def test_missing_evidence_says_why_the_light_is_not_green(age: float | None, zh: str) -> None:
    (gap,) = judge_one(RULES, days_since_visit=age)["data_gaps"]

    assert evidence_sentence(gap, RULES).zh == zh


def test_a_guard_says_that_a_second_person_looks() -> None:
    (guard,) = judge_one(RULES, times_renewed=2.0)["guards"]

    assert guard_sentence(guard, RULES).en == "a: yellow at least, and a second person looks."


def test_the_model_says_its_estimate_and_the_threshold_it_met() -> None:
    assert model_sentence(pd_ppm=61_234, threshold_ppm=50_000).zh == "违约概率估计为6.1%，达到界限5.0%。"
    assert model_sentence(pd_ppm=None, threshold_ppm=None).en.startswith("Outside the range")


def test_a_recorded_cause_is_told_from_an_estimated_one() -> None:
    told = estimates({"shap_income": 4})
    judged = judge(frame(loan(illness_12m=1.0)), RULES, estimated=told).row(0, named=True)

    recorded, estimated = (cause_sentence(cause, RULES).zh for cause in judged["causes"])

    assert recorded == "重大变故：有记录的事实：甲。"
    assert estimated == "收入能力：推高了违约概率估计（不等于查明的原因）。"


@pytest.mark.parametrize("differences", [{"interest_days_late": 3.0}, {"days_since_visit": None}])
def test_every_basis_of_a_cause_has_a_sentence(differences: dict[str, Any]) -> None:
    (cause,) = judge_one(RULES, **differences)["causes"]

    assert cause_sentence(cause, RULES).zh.endswith("甲。")


def test_a_clause_brings_its_document() -> None:
    said = clause_sentence("extended_once", RULES)

    assert said.zh == "甲（不符合）。"
    assert said.reference == Reference.model_validate(CITED)


def test_an_effect_says_chance_interval_and_loss_or_that_there_is_no_evidence() -> None:
    judged = judge(frame(loan()), RULES, estimated=estimates({"pd_ppm": 100_000})).row(0, named=True)

    collect, other = (effect_sentence(action) for action in judged["actions"][:2])

    assert collect.zh == "到期收回：违约概率预计10.0%（5.0%至20.0%），预计损失3,000.00元。"
    assert "没有效果数据，由规则决定" in other.zh


def test_an_effect_of_simulated_loans_says_so_in_both_languages() -> None:
    action = {"action": "extension", "pd_ppm": 60_000, "pd_low_ppm": 50_000, "pd_high_ppm": 70_000}

    said = effect_sentence({**action, "loss_fen": 120_000, "basis": "simulation", "n": 900})

    assert said.zh == (
        "展期：违约概率预计6.0%（5.0%至7.0%），预计损失1,200.00元（依据900笔模拟贷款估计，并非真实贷款）。"
    )
    assert "estimated from 900 simulated loans, no real ones" in said.en


@pytest.mark.parametrize(
    ("reference", "zh"),
    [
        ({"kind": "cited", "document": "一号文件", "clause": "第二条"}, "依据：一号文件 第二条。"),
        ({"kind": "design"}, "本系统设定，非政策原文。"),
        ({"kind": "unverified"}, "未经核实。"),
    ],
)
def test_a_reference_says_plainly_what_no_document_states(reference: dict[str, str], zh: str) -> None:
    assert reference_sentence(Reference.model_validate(reference)).zh == zh


def test_a_code_that_the_rules_no_longer_know_is_shown_as_it_is() -> None:
    assert clause_sentence("gone", RULES).zh == "gone"
