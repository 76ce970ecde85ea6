from contextlib import closing

import pytest

from app.db import migrate
from app.db.store import open_store
from app.domain.errors import StoreError


def test_upgrade_from_an_empty_database_leaves_no_drift(empty_database_url: str) -> None:
    migrate.upgrade(empty_database_url)

    assert migrate.drift(empty_database_url) == []


def test_an_unmigrated_database_does_not_pass_the_check(empty_database_url: str) -> None:
    with closing(open_store(empty_database_url)) as store:
        with pytest.raises(StoreError, match="migration"):
            store.check()

        migrate.upgrade(empty_database_url)

        store.check()
