import json
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.bootstrap import estimators
from app.db.store import SqlStore, open_store
from app.domain.errors import ArtefactError, ConflictError, InvalidValueError, XindengError
from app.scoring.shelf import Shelf, read_shelf
from app.services.ports import Store, UnitOfWork
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


def gate(
    store: SqlStore, artefact_id: str, against_id: str, *, passed: bool, until: str | None = "2025-12-29"
) -> None:
    with store.write() as work:
        work.registry.keep_report(
            gate_report(
                gate_id=f"{artefact_id}{passed}", artefact_id=artefact_id, against_id=against_id,
                passed=passed, as_of=date(2025, 9, 30), report=json.dumps({"usable_until": until}),
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


@pytest.mark.parametrize(
    ("at", "until"),
    [
        (datetime(2025, 12, 29, 16, tzinfo=UTC), "2025-12-29"),  # midnight in China
        (NOON, None),  # a report from before it was said
    ],
)
def test_an_old_report_opens_no_gate_and_is_told_how_to_be_renewed(
    store: SqlStore, shelf: Shelf, new_id: str, at: datetime, until: str | None
) -> None:
    gate(store, new_id, shelf.shipped["maturity"].artefact_id, passed=True, until=until)

    with pytest.raises(InvalidValueError, match=f"2025-09-30 has expired. Run `models gate {new_id}`"):
        promote(store, shelf, new_id, by=BY, at=at)
    decided = promote(store, shelf, new_id, by=BY, at=at, despite_gate=True)

    assert (decided.gate_id, decided.despite_gate) == (f"{new_id}True", True)


def test_a_report_opens_the_gate_on_its_last_day(store: SqlStore, shelf: Shelf, new_id: str) -> None:
    gate(store, new_id, shelf.shipped["maturity"].artefact_id, passed=True)
    last_second = datetime(2025, 12, 29, 15, 59, 59, tzinfo=UTC)

    decided = promote(store, shelf, new_id, by=BY, at=last_second)

    assert not decided.despite_gate


def test_an_artefact_altered_since_its_gate_cannot_be_promoted(
    store: SqlStore, models: Path, new_id: str
) -> None:
    gate(store, new_id, read_shelf(models).shipped["maturity"].artefact_id, passed=True)
    card = models / "candidates/maturity/MODEL_CARD.md"
    card.write_bytes(card.read_bytes() + b".")

    with pytest.raises(ArtefactError, match=new_id):
        promote(store, read_shelf(models), new_id, by=BY, at=NOON)


@dataclass(frozen=True)
class Overtaken:
    """A store that somebody else writes to between our look and our decision."""

    store: SqlStore
    meanwhile: Callable[[], Promotion]

    def read(self) -> AbstractContextManager[UnitOfWork]:
        return self.store.read()

    def write(self) -> AbstractContextManager[UnitOfWork]:
        self.meanwhile()
        return self.store.write()

    def check(self) -> None:
        self.store.check()


Deciding = Callable[[Store, Shelf, str], Promotion]


def _promotes(store: Store, shelf: Shelf, artefact_id: str) -> Promotion:
    return promote(store, shelf, artefact_id, by=BY, at=NOON, despite_gate=True)


def _rolls_back(store: Store, shelf: Shelf, _: str) -> Promotion:
    return rollback(store, shelf, "maturity", by=BY, at=NOON)


def _retires(store: Store, shelf: Shelf, artefact_id: str) -> Promotion:
    return retire(store, shelf, artefact_id, by=BY, at=NOON)


@pytest.mark.parametrize("second", [_promotes, _rolls_back, _retires])
@pytest.mark.parametrize("first", [_promotes, _rolls_back])
def test_who_decides_on_what_is_no_longer_so_is_refused(
    database_url: str, models: Path, new_id: str, first: Deciding, second: Deciding
) -> None:
    one, two = add_copy(models, "one"), add_copy(models, "two")
    shelf = read_shelf(models)
    with closing(open_store(database_url)) as ours, closing(open_store(database_url)) as theirs:
        _promotes(ours, shelf, new_id)

        with pytest.raises(ConflictError, match="Somebody else"):
            second(Overtaken(ours, lambda: first(theirs, shelf, one)), shelf, two)

        with ours.read() as work:
            kinds = [each.kind for each in work.registry.promotions()]
        assert kinds == [Decided.PROMOTE, Decided.PROMOTE if first is _promotes else Decided.ROLLBACK]


def test_of_two_promotions_at_the_same_moment_one_wins(database_url: str, models: Path) -> None:
    ids = [add_copy(models, name) for name in ("one", "two")]
    shelf = read_shelf(models)
    with closing(open_store(database_url)) as one, closing(open_store(database_url)) as two:
        for each in ids:
            gate(one, each, shelf.shipped["maturity"].artefact_id, passed=True)
        starts = Barrier(2)

        def told(store: SqlStore, artefact_id: str) -> str | XindengError:
            starts.wait(timeout=20)
            try:
                return promote(store, shelf, artefact_id, by=BY, at=NOON).artefact_id
            except XindengError as error:
                return error

        with ThreadPoolExecutor(2) as threads:
            said = list(threads.map(told, (one, two), ids))

        (winner,) = [each for each in said if isinstance(each, str)]
        (loser,) = [each for each in said if not isinstance(each, str)]
        # who comes a moment later sees the new champion, against whom no report speaks
        assert isinstance(loser, ConflictError | InvalidValueError)
        assert speaking(one, shelf) == winner


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
