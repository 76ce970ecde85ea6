"""Groups of loans and what actions save there: honest, calibrated, and the same every time."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from app.domain.effects import GROUP_SCHEMA
from app.domain.errors import ArtefactError, TrainingError
from app.domain.groups import GroupEffects, Groups
from app.domain.words import Action
from app.scoring.doubly_robust import effect_on_treated
from app.scoring.effects_artifact import load_effects, save_effects
from app.scoring.uplift import UpliftSpec, estimate_groups, held_out_coverage
from tests.scoring.test_effects_artifact import KNOWN, ORIGIN

SPEC = UpliftSpec(depth=2, least_loans=50, least_clusters=4)
EDUCATION = Action.CREDIT_EDUCATION.value


def _followed(
    seed: int = 1, *, strength: str = "central", gain: float = 0.2, count: int = 2_000
) -> pl.DataFrame:
    """Simulated loans of four counties: education takes `gain` off the loss where will is weak."""
    rng = np.random.default_rng(seed)
    weak = rng.random(count) < 0.4
    own = rng.random(count) * 0.2 + 0.3 * weak
    rows = [
        pl.DataFrame(
            {
                "county": np.arange(count) % 4,
                "cluster": [f"{n % 4}-{n % 40}" for n in range(count)],
                "loan": [f"{n:05d}" for n in range(count)],
                "strength": strength,
                "action": action.value,
                "lost": own - gain * (weak & (action is Action.CREDIT_EDUCATION)),
                "bad_record": own,
                "failed": own,
                "pd_ppm": rng.integers(0, 500_000, count),
                "shap_willingness": np.zeros(count, dtype=np.int64),
                "willingness_last": np.where(weak, 0.0, 2.0),
                "balance_yuan": np.full(count, 50_000.0),
            }
        )
        for action in Action
    ]
    return pl.concat(rows)


def _lost(found: GroupEffects, willingness: float) -> dict[str, float]:
    facts = np.array([[0.1, 0.0, willingness, 50_000.0]])
    row = found.rows.filter(group=int(found.groups.of(facts)[0]), action=EDUCATION)
    return {c: float(row[c][0]) for c in ("lost", "lost_low", "lost_high")}


def test_an_effect_is_found_where_it_is_and_nowhere_else() -> None:
    found = estimate_groups(_followed(), SPEC)

    assert _lost(found, 0.0)["lost"] == pytest.approx(-0.2, abs=1e-4)
    assert _lost(found, 2.0)["lost"] == pytest.approx(0.0, abs=1e-4)


def test_the_interval_spans_weak_and_strong_assumptions() -> None:
    spread = [_followed(strength=s, gain=g) for s, g in (("central", 0.2), ("low", 0.05), ("high", 0.28))]

    weak = _lost(estimate_groups(pl.concat(spread), SPEC), 0.0)

    assert weak["lost_low"] <= -0.28
    assert weak["lost_high"] >= -0.05
    assert weak["lost"] == pytest.approx(-0.2, abs=1e-4)


def _covered(followed: pl.DataFrame) -> dict[str, float]:
    return held_out_coverage(followed, estimate_groups(followed, SPEC), SPEC)


def test_counties_alike_are_held_by_the_intervals_of_the_others() -> None:
    held = _covered(_followed())

    assert set(held) == {"lost", "bad_record", "failed"}
    assert all(share > 0.6 for share in held.values())


def test_a_county_of_another_kind_escapes_the_intervals_of_the_others() -> None:
    own = pl.col("lost") + 0.3 * ((pl.col("county") == 3) & (pl.col("action") == EDUCATION))

    changed = _covered(_followed().with_columns(lost=own))

    assert changed["lost"] < _covered(_followed())["lost"]


def test_counties_that_differ_widen_the_interval() -> None:
    own = pl.col("lost") + 0.1 * ((pl.col("county") == 3) & (pl.col("action") == EDUCATION))
    alike, apart = (
        _lost(estimate_groups(followed, SPEC), 0.0)
        for followed in (_followed(), _followed().with_columns(lost=own))
    )

    assert apart["lost_high"] - apart["lost_low"] > 0.1 + alike["lost_high"] - alike["lost_low"]
    assert apart["lost"] == pytest.approx(alike["lost"] + 0.05, abs=0.02)


def test_one_filling_county_tells_no_coverage() -> None:
    two = _followed().filter(pl.col("county") < 2)

    assert _covered(two) == {}


def test_the_card_says_how_often_intervals_held(tmp_path: Path) -> None:
    groups = estimate_groups(_followed(), SPEC)
    save_effects(tmp_path, KNOWN, ORIGIN | {"coverage": {"lost": 0.913}}, groups)

    assert "lost 91%" in (tmp_path / "effects" / "MODEL_CARD.md").read_text()


def test_every_group_knows_every_action() -> None:
    found = estimate_groups(_followed(), SPEC)

    pairs = found.rows.select("group", "action").rows()
    assert sorted(pairs) == sorted((leaf, a.value) for leaf in found.groups.leaves for a in Action)


def test_the_same_loans_in_another_order_give_the_same_groups() -> None:
    followed = _followed()

    one, other = estimate_groups(followed, SPEC), estimate_groups(followed.reverse(), SPEC)

    assert one.groups == other.groups
    assert one.rows.equals(other.rows)


def test_too_few_loans_are_told() -> None:
    with pytest.raises(TrainingError, match="more counties"):
        estimate_groups(_followed(count=60), SPEC)


def test_groups_come_back_from_disk(tmp_path: Path) -> None:
    found = estimate_groups(_followed(), SPEC)

    save_effects(tmp_path, KNOWN, ORIGIN, found)
    back = load_effects(tmp_path)

    assert back is not None
    assert back.groups is not None
    assert back.groups.groups == found.groups
    assert back.groups.rows.equals(found.rows)


@pytest.mark.parametrize("fault", ["loop", "missing", "crossed", "fact"])
def test_groups_that_do_not_hold_are_not_written(tmp_path: Path, fault: str) -> None:
    tree = {"feature": (0, -1, -1), "threshold": (0.5, 0.0, 0.0), "left": (1, -1, -1), "right": (2, -1, -1)}
    rows = estimate_groups(_followed(), SPEC).rows
    first = rows["group"].min()
    two = pl.concat([rows.filter(group=first).with_columns(group=pl.lit(n, pl.Int64)) for n in (1, 2)])
    broken = {
        "loop": (tree | {"left": (0, -1, -1)}, two),
        "missing": (tree, two.head(-1)),
        "crossed": (tree, two.with_columns(pl.col("lost_high") + 1, lost_low=pl.col("lost_high") + 1)),
        "fact": (tree | {"feature": (7, -1, -1)}, two),
    }
    made, told = broken[fault]
    groups = Groups(names=("pd_ppm",), scales=(1e-6,), **made)  # type: ignore[arg-type]

    with pytest.raises(ArtefactError):
        save_effects(
            tmp_path, KNOWN, ORIGIN, GroupEffects(groups=groups, rows=told.select(GROUP_SCHEMA.names()))
        )
    assert load_effects(tmp_path) is None


def test_a_fact_that_is_not_known_is_below_all_others() -> None:
    groups = Groups(
        names=("willingness_last",), scales=(1.0,),
        feature=(0, -1, -1), threshold=(-0.5, 0.0, 0.0), left=(1, -1, -1), right=(2, -1, -1),
    )  # fmt: skip

    facts = groups.facts(pl.DataFrame({"willingness_last": [None, 0.0]}))

    assert groups.of(facts).tolist() == [1, 2]


@pytest.mark.parametrize("seed", range(4))
def test_a_confounded_treatment_is_put_right(seed: int) -> None:
    rng = np.random.default_rng(seed)
    risk = rng.standard_normal(6_000)
    treated = rng.random(6_000) < 1 / (1 + np.exp(2.0 - risk))
    chance = 1 / (1 + np.exp(1.0 - risk)) * np.where(treated, 0.6, 1.0)
    failed = (rng.random(6_000) < chance).astype(np.float64)
    truth = float((chance[treated] * (1 - 1 / 0.6)).mean())

    found = effect_on_treated(risk[:, None], treated, failed, rng.integers(0, 300, 6_000))
    naive = failed[treated].mean() - failed[~treated].mean()

    assert found.low <= truth <= found.high
    assert abs(found.change - truth) < abs(naive - truth)
    assert found.high - found.low < 0.15
