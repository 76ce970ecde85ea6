import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.bootstrap import estimators
from app.db.store import SqlStore, open_store
from app.domain.errors import ArtefactError, InvalidValueError
from app.scoring.shelf import Shelf, read_shelf
from app.services.registry import Champions, Signatures, Standing, champions, promote, retire, rollback
from app.services.watch_ports import Decided, Promotion
from tests.db.samples import gate_report, promotion
from tests.services.artefacts import add_copy, models_folder

NOON = datetime(2025, 9, 30, 4, tzinfo=UTC)
BY = Signatures(proposed_by="op-17", approved_by="op-03", reason="新一年台账重训")


class Clock:
    moment = NOON

    def __call__(self) -> datetime:
        return self.moment


@pytest.fixture
def sqlite_store(sqlite_url: str) -> Iterator[SqlStore]:
    with closing(open_store(sqlite_url)) as opened:
        yield opened


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return models_folder(tmp_path / "models")


@pytest.fixture
def new_id(models: Path) -> str:
    return add_copy(models, "candidates/maturity")


@pytest.fixture
def shelf(models: Path, new_id: str) -> Shelf:
    assert new_id
    return read_shelf(models)


def gate(store: SqlStore, artefact_id: str, against_id: str, *, passed: bool) -> None:
    with store.write() as work:
        work.registry.keep_report(
            gate_report(
                gate_id=f"{artefact_id}{passed}", artefact_id=artefact_id, against_id=against_id,
                passed=passed, as_of=date(2025, 9, 30),
            )
        )  # fmt: skip


def speaking(store: SqlStore, shelf: Shelf) -> str:
    with store.read() as work:
        return Standing.of(shelf, work.registry.promotions()).speaking["maturity"].artefact_id


def test_a_passing_report_and_two_people_put_a_challenger_in_service(
    store: SqlStore, shelf: Shelf, new_id: str
) -> None:
    shipped = shelf.shipped["maturity"].artefact_id
    gate(store, new_id, shipped, passed=True)

    decided = promote(store, shelf, new_id, by=BY, at=NOON)

    assert (decided.gate_id, decided.despite_gate) == (f"{new_id}True", False)
    assert speaking(store, shelf) == new_id


@pytest.mark.parametrize("approved_by", ["op-17", " OP-17 ", "ｏｐ-17", "op -17", ""])
def test_one_person_twice_cannot_promote(
    store: SqlStore, shelf: Shelf, new_id: str, approved_by: str
) -> None:
    gate(store, new_id, shelf.shipped["maturity"].artefact_id, passed=True)

    with pytest.raises(InvalidValueError):
        promote(store, shelf, new_id, by=replace(BY, approved_by=approved_by), at=NOON)

    assert speaking(store, shelf) != new_id


@pytest.mark.parametrize("passed", [None, False])
def test_without_a_passing_report_only_a_recorded_exception_promotes(
    store: SqlStore, shelf: Shelf, new_id: str, *, passed: bool | None
) -> None:
    if passed is not None:
        gate(store, new_id, shelf.shipped["maturity"].artefact_id, passed=passed)

    with pytest.raises(InvalidValueError, match="gate"):
        promote(store, shelf, new_id, by=BY, at=NOON)
    decided = promote(store, shelf, new_id, by=BY, at=NOON, despite_gate=True)

    assert decided.despite_gate
    assert speaking(store, shelf) == new_id


def test_a_rollback_brings_back_whoever_spoke_before(store: SqlStore, models: Path, new_id: str) -> None:
    second = add_copy(models, "later")
    shelf = read_shelf(models)
    for each in (new_id, second):
        promote(store, shelf, each, by=BY, at=NOON, despite_gate=True)

    back = [rollback(store, shelf, "maturity", by=BY, at=NOON).artefact_id for _ in range(2)]

    assert back == [new_id, shelf.shipped["maturity"].artefact_id]
    with pytest.raises(InvalidValueError, match="no promotion"):
        rollback(store, shelf, "maturity", by=BY, at=NOON)


def test_a_retired_challenger_is_watched_no_longer_until_it_is_promoted(
    store: SqlStore, shelf: Shelf, new_id: str
) -> None:
    def watched() -> list[str]:
        with store.read() as work:
            standing = Standing.of(shelf, work.registry.promotions())
        return [each.artefact_id for each in standing.watched["maturity"]]

    before = watched()
    retire(store, shelf, new_id, by=BY, at=NOON)
    after = watched()
    promote(store, shelf, new_id, by=BY, at=NOON, despite_gate=True)

    assert (before, after) == ([new_id], [])
    assert watched() == [shelf.shipped["maturity"].artefact_id]
    with pytest.raises(InvalidValueError, match="champion"):
        retire(store, shelf, new_id, by=BY, at=NOON)


def test_an_artefact_that_is_not_there_cannot_be_promoted(store: SqlStore, shelf: Shelf) -> None:
    with pytest.raises(ArtefactError, match="rollback"):
        promote(store, shelf, "0123456789abcdef", by=BY, at=NOON, despite_gate=True)


def test_a_running_service_follows_promotions_and_keeps_the_old_one_when_files_are_gone(
    sqlite_store: SqlStore, models: Path, new_id: str
) -> None:
    clock = Clock()
    service = Champions(sqlite_store, lambda: read_shelf(models), clock, timedelta(seconds=30))
    shelf = read_shelf(models)
    shipped = service["maturity"].artefact_id

    promote(sqlite_store, shelf, new_id, by=BY, at=NOON, despite_gate=True)
    at_once = service["maturity"].artefact_id
    clock.moment += timedelta(seconds=30)
    later = service["maturity"].artefact_id

    gone = add_copy(models, "gone")
    promote(sqlite_store, read_shelf(models), gone, by=BY, at=NOON, despite_gate=True)
    shutil.rmtree(models / "gone")
    clock.moment += timedelta(seconds=30)
    kept = service["maturity"].artefact_id
    add_copy(models, "gone")
    clock.moment += timedelta(seconds=30)

    assert (at_once, later, kept) == (shipped, new_id, new_id)
    assert service["maturity"].artefact_id == gone
    assert {each.artefact_id for each in service.challengers("maturity")} == {shipped, new_id}


def test_a_service_that_starts_without_its_champion_says_so_and_recovers(
    sqlite_store: SqlStore, models: Path
) -> None:
    gone = add_copy(models, "gone")
    promote(sqlite_store, read_shelf(models), gone, by=BY, at=NOON, despite_gate=True)
    shutil.rmtree(models / "gone")
    clock = Clock()
    service = Champions(sqlite_store, lambda: read_shelf(models), clock, timedelta(seconds=30))

    with pytest.raises(ArtefactError, match=gone):
        service.get("maturity")
    with pytest.raises(ArtefactError):
        list(service.values())
    rollback(sqlite_store, read_shelf(models), "maturity", by=BY, at=NOON)
    clock.moment += timedelta(seconds=30)

    assert set(service) == {"application", "maturity"}
    assert service["maturity"].name == "maturity"


def test_a_damaged_challenger_is_told_and_a_damaged_shipped_one_too(models: Path, new_id: str) -> None:
    for folder in ("candidates/maturity", "maturity"):
        (models / folder / "tables.npz").write_bytes(b"x")

    shelf = read_shelf(models)

    assert set(shelf.broken) == {"candidates/maturity", "maturity"}
    assert new_id not in shelf.by_id
    with pytest.raises(ArtefactError):
        shelf.ship("maturity")
    with pytest.raises(ArtefactError):
        estimators(models)


def test_a_damaged_shipped_one_is_missed_only_where_it_is_needed(
    sqlite_store: SqlStore, models: Path, new_id: str
) -> None:
    promote(sqlite_store, read_shelf(models), new_id, by=BY, at=NOON, despite_gate=True)
    (models / "maturity" / "tables.npz").write_bytes(b"x")
    shelf = read_shelf(models)

    service = Champions(sqlite_store, lambda: shelf, Clock(), timedelta(0))
    bare = Standing.of(shelf, ())

    assert service["maturity"].artefact_id == new_id
    assert set(bare.missing) == {"maturity"}
    assert "maturity" not in bare.speaking  # no challenger takes the place of what ships
    with pytest.raises(ArtefactError):
        rollback(sqlite_store, shelf, "maturity", by=BY, at=NOON)
    assert service["maturity"].artefact_id == new_id


def test_a_rollback_passes_over_a_champion_that_cannot_be_loaded(
    store: SqlStore, models: Path, new_id: str
) -> None:
    gone, last = add_copy(models, "gone"), add_copy(models, "last")
    for each in (new_id, gone, last):
        promote(store, read_shelf(models), each, by=BY, at=NOON, despite_gate=True)
    shutil.rmtree(models / "gone")

    back = rollback(store, read_shelf(models), "maturity", by=BY, at=NOON)

    assert back.artefact_id == new_id
    assert speaking(store, read_shelf(models)) == new_id
    with store.read() as work:
        undone = [each.artefact_id for each in work.registry.promotions()[-2:]]
    assert undone == [gone, new_id]


@given(st.lists(st.sampled_from(["A", "B", "C", "back"]), max_size=12))
def test_as_many_rollbacks_as_promotions_end_with_what_ships(steps: list[str]) -> None:
    records: list[Promotion] = []
    for step in steps:
        stack = champions(records).get("maturity", ())
        kind = Decided.ROLLBACK if step == "back" else Decided.PROMOTE
        if kind is Decided.PROMOTE or stack:
            records.append(promotion(kind=kind, artefact_id=step))
    depth = len(champions(records).get("maturity", ()))

    undone = [*records, *[promotion(kind=Decided.ROLLBACK)] * depth]

    assert champions(undone).get("maturity", ()) == ()
    promoted = sum(each.kind is Decided.PROMOTE for each in records)
    assert depth == promoted - sum(each.kind is Decided.ROLLBACK for each in records)
