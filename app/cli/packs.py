"""Packs that a command names: one that ships by its name, or a folder of one's own."""

from pathlib import Path

from app.features.catalogue import RULE_COLUMNS
from app.policy.policy import Policy, load


def pack_at(name: str) -> Policy:
    """This function will load a pack by its name or folder; raises PolicyError with file and line."""
    folder = Path(name)
    return load(folder if folder.is_dir() else name, features=RULE_COLUMNS)
