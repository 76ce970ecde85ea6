"""Small packs for tests, written to a folder: the national one with what a test adds."""

from datetime import date
from pathlib import Path

from app.policy.policy import Rules, load

HEAD = 'name: small\nzh: 测试\nen: a small pack\nextends: national\ncounty_codes: ["999901"]\n'


def small(folder: Path, text: str, day: date) -> Rules:
    (folder / "pack.yaml").write_text(HEAD + text, encoding="utf-8")
    return load(folder).at(day)
