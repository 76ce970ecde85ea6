"""Commands that run in this process each have settings and a database of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.bootstrap import settings


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("XINDENG_DATABASE_URL", f"sqlite:///{tmp_path}/nothing.db")
    settings.cache_clear()
    yield
    settings.cache_clear()
