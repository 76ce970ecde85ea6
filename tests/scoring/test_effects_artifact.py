"""The effects of actions on disk: loaded only when everything fits, and the same bytes every time."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from app.assessment import Basis, appraise, assess, estimator_id
from app.bootstrap import effects, estimators
from app.domain.effects import EFFECTS_SCHEMA
from app.domain.errors import ArtefactError
from app.features.base import application_base, loan_base
from app.policy.policy import load
from app.scoring.artifact import artefact_id, json_bytes, load_estimators
from app.scoring.effects_artifact import load_effects, save_effects
from app.scoring.effects_record import group_changes
from app.scoring.training_record import RECORD, Run
from app.services.answers import loan_answer
from app.services.modelling import FollowedCounty, train_effects
from app.settings import ROOT
from app.simulation import CountySpec, frames, simulate
from app.warning.effects import EffectTable

DAY = date(2025, 9, 30)
ORIGIN = {"trained_on": "simulation"}
KNOWN = pl.DataFrame(
    [
        ("extension", "", -0.5, -1.0, 0.0, 1.2, 1.0, 1.5, 50_000, "simulation", 900),
        ("renewal", "income", 0.4, 0.1, 0.7, 1.3, 1.0, 1.5, 50_000, "simulation", 400),
    ],
    schema=EFFECTS_SCHEMA,
    orient="row",
)


@pytest.fixture
def models(tmp_path: Path) -> Path:
    save_effects(tmp_path, KNOWN, ORIGIN)
    return tmp_path


def _changed(models: Path, rows: list[dict[str, Any]]) -> None:
    """Change the rows and all hashes that go with them, as a forger would."""
    manifest_file = models / "effects" / "manifest.json"
    manifest = json.loads(manifest_file.read_bytes())
    data = json_bytes(rows)
    (models / "effects" / "effects.json").write_bytes(data)
    manifest["files"]["effects.json"] = hashlib.sha256(data).hexdigest()
    manifest["artefact_id"] = artefact_id(manifest)
    manifest_file.write_bytes(json_bytes(manifest))


def test_saved_effects_load_as_they_were(models: Path) -> None:
    known = load_effects(models)

    assert known is not None
    assert known.frame.equals(KNOWN)
    assert known.manifest["trained_on"] == "simulation"


def test_where_nothing_was_written_nothing_is_known(tmp_path: Path) -> None:
    assert load_effects(tmp_path) is None


def test_an_interrupted_save_leaves_nothing_that_loads(models: Path) -> None:
    (models / "effects" / "manifest.json").unlink()

    assert load_effects(models) is None


@pytest.mark.parametrize("file", ["effects.json", "MODEL_CARD.md", "manifest.json"])
def test_an_altered_file_is_refused(models: Path, file: str) -> None:
    path = models / "effects" / file
    path.write_bytes(path.read_bytes().replace(b"simulation", b"simulatiom"))

    with pytest.raises(ArtefactError, match=r"effects|MODEL_CARD"):
        load_effects(models)


def test_a_missing_file_is_refused(models: Path) -> None:
    (models / "effects" / "effects.json").unlink()

    with pytest.raises(ArtefactError, match=r"effects\.json"):
        load_effects(models)


@pytest.mark.parametrize(
    "change",
    [
        {"action": "prayer"},
        {"action": "collect"},
        {"cause": "weather"},
        {"shift": None},
        {"shift": 0.5},
        {"loss_ratio_low": -1.0},
        {"n": 0},
        {"n": "many"},
        {"surprise": 1},
        {"action": "renewal", "cause": "income"},
    ],
)
def test_rows_that_do_not_hold_are_refused_although_the_hashes_fit(
    models: Path, change: dict[str, Any]
) -> None:
    first, second = KNOWN.to_dicts()
    _changed(models, [first | change, second])

    with pytest.raises(ArtefactError, match=r"effects\.json"):
        load_effects(models)


def test_the_rows_of_another_artefact_are_no_effects(models: Path) -> None:
    shutil.rmtree(models / "effects")
    shutil.copytree(ROOT / "models" / "maturity", models / "effects")

    with pytest.raises(ArtefactError, match=r"effects\.json"):
        load_effects(models)


def test_effects_beside_them_do_not_disturb_the_estimators(models: Path) -> None:
    shutil.copytree(ROOT / "models" / "maturity", models / "maturity")

    assert set(load_estimators(models)) == {"maturity"}


def _counties() -> Iterator[FollowedCounty]:
    for seed in (1, 2):
        county = simulate(CountySpec(seed=seed, loans=1200, until=DAY, regime="drought"))
        yield FollowedCounty(
            frames=frames(county, {"incomes": 30}),
            outcomes=county.outcomes,
            strength="central",
            origin={"seed": seed},
        )


def test_the_same_counties_give_the_same_bytes(tmp_path: Path) -> None:
    counties = list(_counties())
    written = []
    for run in ("one", "two"):
        shutil.copytree(ROOT / "models" / "maturity", tmp_path / run / "maturity")
        train_effects(
            counties, tmp_path / run, policy=load("yanchi"), known_until=DAY, trained_on="simulation",
            run=Run(operator="op-17"),
        )  # fmt: skip
        written.append({p.name: p.read_bytes() for p in (tmp_path / run / "effects").iterdir()})

    assert written[0] == written[1]
    known = load_effects(tmp_path / "one")
    assert known is not None
    record = json.loads((tmp_path / "one" / "effects" / RECORD).read_bytes())
    assert (record["operator"], record["data"]) == ("op-17", known.manifest["record"]["data"])
    assert {"registration", "age"} <= {group["column"] for group in record["groups"]}
    assert record["data"]["fingerprint"] in (tmp_path / "one" / "effects" / "MODEL_CARD.md").read_text()
    assert known.manifest["counties"] == [{"seed": 1}, {"seed": 2}]
    assert known.manifest["estimator"] == load_estimators(tmp_path / "one")["maturity"].artefact_id


@pytest.fixture(scope="module")
def basis() -> Basis:
    return Basis(
        policy=load("yanchi"),
        estimator=estimators(ROOT / "models")["maturity"],
        effects=effects(ROOT / "models"),
    )


def test_the_advice_shows_numbers_that_say_they_come_from_simulated_loans(basis: Basis) -> None:
    ledger = frames(simulate(CountySpec(seed=3, loans=400, until=DAY)), {"incomes": 30})

    rows = assess(ledger, loan_base(ledger, as_of=DAY), as_of=DAY, basis=basis)

    riskiest = rows.sort("pd_ppm", descending=True, nulls_last=True).row(0, named=True)
    told = loan_answer(riskiest, basis.policy.at(DAY), basis)
    shown = {a["action"]: a["effect"] for a in told["actions"] if a["eligibility"] != "refused"}
    assert shown["collect"]["basis"] == "estimate"
    assert shown["credit_education"]["basis"] == "simulation"
    assert shown["credit_education"]["pd"] < shown["collect"]["pd"] == told["pd"]["value"]
    assert "模拟贷款" in shown["credit_education"]["sentence_zh"]
    assert "simulated loans" in shown["credit_education"]["sentence_en"]


def test_other_effects_make_another_assessment_and_leave_the_estimate_named(basis: Basis) -> None:
    ledger = frames(simulate(CountySpec(seed=3, loans=60, until=DAY)), {"incomes": 30})
    base = loan_base(ledger, as_of=DAY)

    with_them = assess(ledger, base, as_of=DAY, basis=basis)
    without = assess(ledger, base, as_of=DAY, basis=replace(basis, effects=EffectTable.of(None)))

    assert basis.estimator is not None
    assert not set(with_them["assessment_id"]) & set(without["assessment_id"])
    assert set(without["artefact_id"]) == {basis.estimator.artefact_id}
    assert {estimator_id(artefact) for artefact in with_them["artefact_id"]} == {basis.estimator.artefact_id}
    assert with_them["pd_ppm"].equals(without["pd_ppm"])


def test_an_application_names_no_effects_since_no_action_is_judged(basis: Basis) -> None:
    ledger = frames(simulate(CountySpec(seed=3, loans=60, until=DAY)), {"incomes": 30})
    scoring = replace(basis, estimator=estimators(ROOT / "models")["application"])

    rows = appraise(ledger, application_base(ledger, as_of=DAY), as_of=DAY, basis=scoring)

    assert scoring.estimator is not None
    assert set(rows["artefact_id"]) == {scoring.estimator.artefact_id}


def test_a_group_is_told_what_an_action_changed_for_its_own_loans() -> None:
    loans = [f"{k}" for k in range(200)]
    people = pl.DataFrame({
        "loan": loans, "registration": ["stable", "ordinary"] * 100, "borrower_age": [50.0, None] * 100,
        "industry": ["sheep"] * 200, "use_mode": ["own"] * 200, "kind": ["new"] * 200, "bank": [None] * 200,
    }).with_columns(pl.col("bank").cast(pl.String))  # fmt: skip
    collect = people.with_columns(action=pl.lit("collect"), failed=pl.int_range(200) % 4 < 2)
    extended = people.with_columns(action=pl.lit("extension"), failed=pl.int_range(200) % 4 == 0)

    found = {(g["column"], g["group"]): g for g in group_changes(pl.concat([collect, extended]), least=50)}

    assert set(found) == {
        ("registration", "ordinary"), ("registration", "stable"), ("age", "45 to 59"),
        ("industry", "sheep"), ("use_mode", "own"), ("kind", "new"),
    }  # fmt: skip
    assert found["registration", "stable"]["change"] == 0.0
    assert found["registration", "ordinary"]["change"] == -0.5
    assert found["industry", "sheep"]["low"] < -0.25 < found["industry", "sheep"]["high"] < 0
