import polars as pl
import pytest

from app.domain.effects import EFFECTS_SCHEMA
from app.domain.groups import LEAF, GroupEffects, Groups
from app.scoring.artifact import RECORD
from app.scoring.effects_artifact import load_effects
from app.scoring.effects_card import effects_card, path_told
from app.settings import ROOT

ORIGIN = {"trained_on": "simulation"}
KNOWN = pl.DataFrame(
    [
        ("extension", "", -0.5, -1.0, -0.1, 1.2, 0.9, 1.5, 50_000, "simulation", 900),
        ("top_up", "", 0.5, 0.1, 1.0, 2.2, 1.9, 2.5, 50_000, "simulation", 900),
        ("renewal", "income", 0.4, 0.1, 0.7, 1.3, 1.0, 1.5, 50_000, "simulation", 1400),
    ],
    schema=EFFECTS_SCHEMA,
    orient="row",
)
TREE = Groups(
    names=("pd_ppm", "shap_willingness", "balance_yuan"), scales=(1e-6, 1.0, 1.0),
    feature=(0, 0, 1, LEAF, LEAF, LEAF, 2, LEAF, LEAF), threshold=(0.2, 0.05, 0.4, 0, 0, 0, 30_000, 0, 0),
    left=(1, 3, 5, LEAF, LEAF, LEAF, 7, LEAF, LEAF), right=(2, 4, 6, LEAF, LEAF, LEAF, 8, LEAF, LEAF),
)  # fmt: skip


@pytest.mark.parametrize(
    ("leaf", "said"),
    [
        (3, "违约概率 pd ≤ 5.00%"),
        (4, "5.00% < 违约概率 pd ≤ 20.00%"),
        (5, "20.00% < 违约概率 pd；还款意愿的推力 push of willingness ≤ 0.4"),
        (
            8,
            "30,000 < 贷款余额 balance_yuan；20.00% < 违约概率 pd；0.4 < 还款意愿的推力 push of willingness",
        ),
    ],
)
def test_a_group_tells_each_fact_once_between_its_tightest_ends(leaf: int, said: str) -> None:
    assert path_told(TREE, leaf) == said


def test_the_card_says_what_intervals_show_over_all_loans() -> None:
    card = effects_card(KNOWN, ORIGIN, None)

    assert "- 降低违约机会（区间在 0 以下）：展期。" in card
    assert "Raise the chance of default (interval above 0): top_up." in card
    assert "- 减少损失（区间在 1 以下）：无。" in card
    assert "Raise the loss (interval above 1): top_up." in card
    assert "由模拟县域估计，不代表真实贷款" in card


def test_actions_and_causes_are_in_chinese_first() -> None:
    card = effects_card(KNOWN, ORIGIN, None)

    assert "| 展期 extension | 全部 all | 900 | -0.50 [-1.00, -0.10] | 1.20 [0.90, 1.50] |" in card
    assert "| 无还本续贷 renewal | 收入能力 income | 1,400 |" in card


def test_the_effects_that_ship_have_a_card_of_their_groups() -> None:
    known = load_effects(ROOT / "models")
    assert known is not None
    groups = known.groups
    assert isinstance(groups, GroupEffects)

    card = effects_card(known.frame, known.manifest, groups)

    for row in groups.rows.to_dicts():
        shown = row["action"] != "collect" and max(row["lost_high"], row["bad_record_high"]) < 0
        assert not shown or path_told(groups.groups, row["group"]) in card
    assert "pd_ppm" not in card


def test_the_record_says_how_to_read_who_estimated() -> None:
    record = {
        "data": {"origin": "simulation", "counties": 2, "loans": 10, "rows": 90, "known_until": "2025-09-30",
                 "fingerprint": "ab"},
        "code": {"version": "1", "catalogue": "cd"},
        "not_for": [{"zh": "催收", "en": "collecting"}],
    }  # fmt: skip

    card = effects_card(KNOWN, ORIGIN | {"record": record}, None)

    assert f"`grep -E 'operator|started_at' {RECORD}`" in card
    assert "| 数据来源 source | 模拟县域 simulated counties，2 个县域 counties |" in card
    assert "催收。collecting." in card
