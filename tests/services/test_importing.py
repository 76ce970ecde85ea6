from datetime import date

from app.services.importing import ImportResult, import_ledger
from app.services.ports import Store
from tests.ledgerfile import books
from tests.services.memory_store import MemoryStore

DAY = date(2026, 2, 7)
LAGS = {"repayments": 1, "loans": 2, "repayments_due": 3}


def load(store: Store, content: bytes, *, on: date = DAY) -> ImportResult:
    return import_ledger(store, content, imported_on=on, lags=LAGS, limits=books.LIMITS, filename="贷款.csv")


def test_a_ledger_is_stored() -> None:
    store = MemoryStore()

    result = load(store, books.workbook(books.county()))

    assert result.bad == ()
    assert {name: counts["added"] for name, counts in result.totals.items()} == {
        "persons": 2,
        "households": 2,
        "loans": 2,
        "repayments_due": 2,
        "repayments": 2,
    }
