"""A pack per county: who is judged by which, in sweeps, on demand and on import."""

from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import count

import polars as pl
import pytest
from pydantic import ValidationError

from app import bootstrap
from app.db.store import SqlStore, open_store
from app.domain.errors import UnknownPolicyError
from app.domain.frames import Frames
from app.domain.ledger import BY_NAME
from app.policy.claims import ConflictingPoliciesError
from app.policy.policy import Policy
from app.services import assessing
from app.services.choosing import households_by_pack, lags_of, pack_of, pack_of_all
from app.services.desk import Desk, PolicyBook
from app.services.fact_rows import record_keys
from app.services.ports import WarningFilter
from app.services.sweeping import sweep, sweeps
from app.settings import ROOT, Settings
from app.simulation import CountySpec, frames, simulate
from app.warning.effects import EffectTable

DAY = date(2025, 9, 30)
MOMENT = datetime(2025, 9, 30, 4, tzinfo=UTC)
TOWNSHIP = 9


@pytest.fixture(scope="module")
def facts() -> Frames:
    return frames(simulate(CountySpec(seed=7, loans=150, until=DAY)), {})


def _desk(store: SqlStore, **packs: str) -> Desk:
    ids = count(1)
    return Desk(
        store=store,
        settings=Settings(packs={code.removeprefix("in_"): pack for code, pack in packs.items()}),
        clock=lambda: MOMENT,
        new_id=lambda: f"D{next(ids)}",
        estimators={},
        effects=EffectTable.of(None),
    )


@pytest.fixture
def stored(sqlite_url: str, facts: Frames) -> SqlStore:
    store = open_store(sqlite_url)
    with store.write() as work:
        import_id = work.facts.open_import(file_sha256="0" * 64, imported_on=DAY)
        for name, frame in facts.tables.items():
            rows = frame.with_columns(
                record_keys(BY_NAME[name], frame),
                pl.lit("").alias("content_hash"),
                import_id=pl.lit(import_id),
            )
            work.facts.append(BY_NAME[name], rows)
        work.facts.close_import(import_id, {})
    return store


@pytest.fixture
def townships(facts: Frames) -> list[str]:
    return facts["households"]["village_code"].str.head(TOWNSHIP).unique().sort().to_list()


@pytest.fixture
def desk(stored: SqlStore, townships: list[str]) -> Desk:
    return _desk(stored, **{f"in_{townships[0]}": "national"})


def _judged(desk: Desk) -> set[tuple[str, str]]:
    with desk.store.read() as work:
        rows = work.assessments.page(WarningFilter(as_of=DAY), after=None, limit=1_000)
    return {(row["township_code"], row["policy"]) for row in rows}


def test_a_sweep_judges_each_household_by_the_pack_of_its_place(desk: Desk, townships: list[str]) -> None:
    records = sweeps(desk, as_of=DAY)

    judged = _judged(desk)
    assert [record.policy for record in records] == ["national", "yanchi"]
    assert all(record.added == record.loans_in > 0 for record in records)
    assert {policy for township, policy in judged if township == townships[0]} == {"national"}
    assert {policy for township, policy in judged if township != townships[0]} == {"yanchi"}
    assert {township for township, _ in judged} == set(townships)


def test_sweeping_pack_by_pack_again_adds_nothing(desk: Desk) -> None:
    sweeps(desk, as_of=DAY)

    again = sweeps(desk, as_of=DAY)

    assert [record.added for record in again] == [0, 0]


def test_a_sweep_that_names_a_pack_judges_everybody_by_it(desk: Desk) -> None:
    (record,) = sweeps(desk, as_of=DAY, policy="yanchi")

    assert record.policy == "yanchi"
    assert {policy for _, policy in _judged(desk)} == {"yanchi"}


def test_one_sweep_for_two_packs_is_refused_by_name(desk: Desk) -> None:
    with pytest.raises(ConflictingPoliciesError, match="the households go by national, yanchi"):
        sweep(desk, as_of=DAY)

    assert _judged(desk) == set()


def test_two_packs_judge_the_same_loans_as_two_sweeps_that_name_them(desk: Desk, stored: SqlStore) -> None:
    total = sum(record.loans_in for record in sweeps(desk, as_of=DAY))

    alone = sweep(_desk(stored), as_of=DAY, policy="yanchi")

    assert total == alone.loans_in


def test_stored_loans_of_two_counties_are_answered_in_one_request(desk: Desk, townships: list[str]) -> None:
    sweeps(desk, as_of=DAY)
    with desk.store.read() as work:
        rows = work.assessments.page(WarningFilter(as_of=DAY), after=None, limit=1_000)
    loans = {row["township_code"]: row["loan_id"] for row in rows}
    asked = [loans[townships[-1]], loans[townships[0]]]

    answers = assessing.warn_stored(desk, asked, as_of=DAY, policy=None)

    assert [answer["loan_id"] for answer in answers] == asked
    assert [answer["versions"]["policy"] for answer in answers] == ["yanchi", "national"]


def test_a_household_that_two_packs_claim_stops_the_sweep_before_it_stores(
    stored: SqlStore, townships: list[str]
) -> None:
    desk = _desk(stored, **{f"in_{townships[0]}": "national", f"in_{townships[0][:6]}": "yanchi"})

    with pytest.raises(ConflictingPoliciesError, match="'national' and 'yanchi' both claim"):
        sweeps(desk, as_of=DAY)

    assert _judged(desk) == set()


def test_a_household_of_no_known_place_goes_by_the_usual_pack(desk: Desk) -> None:
    parted = households_by_pack(desk, ("nobody",), as_of=DAY, policy=None)

    assert parted == {"yanchi": ("nobody",)}


def test_what_is_asked_for_comes_before_the_place_and_the_place_before_the_usual(stored: SqlStore) -> None:
    desk = _desk(stored, in_500236="fengjie")

    chosen = [
        pack_of(desk, "national", "500236100201"),
        pack_of(desk, None, "500236100201"),
        pack_of(desk, None, "640323100201"),
        pack_of(desk, None, None),
    ]

    assert chosen == ["national", "fengjie", "yanchi", "yanchi"]


class Altered(PolicyBook):
    """Packs of which one assumes longer lags."""

    def get(self, name: str) -> Policy:
        policy = super().get(name)
        return policy if name == "yanchi" else _slower(policy)


def _slower(policy: Policy) -> Policy:
    knowledge = dict(policy.pack.knowledge)
    visits = knowledge["visits"]
    later = visits.in_force[0].model_copy(update={"days": 30})
    knowledge["visits"] = visits.model_copy(update={"in_force": (later,)})
    return Policy(policy.pack.model_copy(update={"knowledge": knowledge}))


def test_a_file_is_imported_with_the_lags_that_all_packs_assume(desk: Desk) -> None:
    slower = replace(desk, policies=Altered())

    assert lags_of(desk, None, DAY) == lags_of(desk, "yanchi", DAY)
    assert lags_of(slower, "national", DAY)["visits"] == 30
    with pytest.raises(ConflictingPoliciesError, match="national, yanchi assume different days"):
        lags_of(slower, None, DAY)


@pytest.mark.parametrize(
    ("packs", "error"),
    [
        ({"640323": "atlantis"}, UnknownPolicyError),
        ({"64": "national", "640323": "yanchi"}, ConflictingPoliciesError),
    ],
)
def test_a_deployment_with_wrong_packs_does_not_start(
    stored: SqlStore, packs: dict[str, str], error: type[Exception]
) -> None:
    with pytest.raises(error):
        bootstrap.make_desk(Settings(packs=packs, models_dir=ROOT / "models"), stored)


def test_packs_are_chosen_by_digits_only() -> None:
    with pytest.raises(ValidationError, match="packs"):
        Settings(packs={"盐池": "yanchi"})


def test_packs_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XINDENG_PACKS", '{"640323": "yanchi"}')

    assert Settings().packs == {"640323": "yanchi"}


def test_a_county_is_reckoned_by_the_pack_of_its_households(stored: SqlStore, facts: Frames) -> None:
    desk = _desk(stored, in_9999="fengjie")

    assert pack_of_all(desk, None, facts) == "fengjie"
    assert pack_of_all(desk, "national", facts) == "national"


def test_a_ledger_of_two_packs_asks_which_one(stored: SqlStore, facts: Frames) -> None:
    township = facts["households"].get_column("village_code").min()
    desk = _desk(stored, **{f"in_{str(township)[:TOWNSHIP]}": "fengjie"})

    with pytest.raises(ConflictingPoliciesError, match="fengjie, yanchi"):
        pack_of_all(desk, None, facts)
