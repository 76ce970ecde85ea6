"""The habits of the house, each with its checker (design §2, §11)."""

import ast
import re
import statistics
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.ledger import TABLES
from app.domain.words import Word
from app.features.catalogue import BY_NAME
from app.policy.policy import load, policies

WORDS = {word.value for words in Word.__subclasses__() for word in words}
COLUMNS = {name for table in TABLES for name in table.names}
JUDGING = ("assessment.py", "policy", "scoring", "warning", "services")
# Places of the source documents: packs name them, Python does not.
PLACES = re.compile("盐池|奉节|陇川|灞桥|庙山|云南|定远|景宁|宁夏|重庆|西安|[0-9]{6}县")
DEPLOYED = ("settings.py",)  # a deployment names its own pack
ROOT = Path(__file__).resolve().parents[2]
APP = sorted((ROOT / "app").rglob("*.py"))
CLOCK = re.compile(r"\b(date\.today|datetime\.now|utcnow|time\.time)\(")
HOSTS = re.compile(
    "|".join(["py" + r"pi\.org", "pythonho" + "sted", "registry\\.npm" + "js", "deb\\.debi" + r"an\.org"])
)


def _functions() -> Iterator[tuple[Path, ast.FunctionDef | ast.AsyncFunctionDef, int]]:
    for path in APP:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                lines = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
                yield path, node, lines


def _tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def _told(path: Path) -> set[str]:
    """The texts of a module that are no docstrings, and the names in it."""
    tree = ast.parse(path.read_text())
    holders = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    documented = {id(text) for n in ast.walk(tree) if isinstance(n, holders) for text in _docstring(n)}
    texts = {
        n.value
        for n in ast.walk(tree)
        if isinstance(n, ast.Constant) and isinstance(n.value, str) and id(n) not in documented
    }
    return texts | {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}


def _docstring(node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.expr]:
    first = node.body[0] if node.body else None
    return [first.value] if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) else []


def test_no_place_is_named_in_python() -> None:
    packs = set(policies()) - {"national"}
    named = {
        (str(path.relative_to(ROOT)), text)
        for path in APP
        if path.name not in DEPLOYED
        for text in _told(path)
        if PLACES.search(text) or text in packs or any(f"{pack}_" in text for pack in packs)
    }

    assert named == set()


def test_no_function_body_is_longer_than_forty_lines() -> None:
    assert [f"{p}:{n.lineno} {n.name}" for p, n, lines in _functions() if lines > 40] == []


def test_bodies_are_short_in_the_median_and_at_the_ninetieth_percentile() -> None:
    sizes = sorted(lines for _, _, lines in _functions())

    assert statistics.median(sizes) <= 6
    assert sizes[int(len(sizes) * 0.9)] <= 20


def test_no_file_is_longer_than_three_hundred_lines() -> None:
    assert [str(p) for p in APP if p.read_text().count("\n") >= 300] == []


def test_every_module_says_what_it_is_for() -> None:
    assert [str(p) for p in APP if not ast.get_docstring(ast.parse(p.read_text()))] == []


def test_only_the_bootstrap_reads_the_clock() -> None:
    assert [p.name for p in APP if p.name != "bootstrap.py" and CLOCK.search(p.read_text())] == []


def test_only_the_bootstrap_and_settings_make_settings() -> None:
    assert [
        p.name for p in APP if p.name not in {"bootstrap.py", "settings.py"} and "Settings()" in p.read_text()
    ] == []


def test_no_file_names_a_registry_or_holds_a_pickle() -> None:
    files = _tracked()

    assert [p for p in files if p.suffix in {".pkl", ".pickle", ".joblib"}] == []
    assert [
        p for p in files if p.stat().st_size < 3_000_000 and HOSTS.search(p.read_text(errors="ignore"))
    ] == []


def test_locks_record_hashes_and_no_address() -> None:
    for lock in ("run.txt", "dev.txt"):
        text = (ROOT / "locks" / lock).read_text()

        assert "--hash=sha256:" in text
        assert "://" not in text


def _entry_codes(section: str) -> set[str]:
    names = policies()
    return {code for name in names for code in getattr(load(name).pack, section) if len(code) > 1}


def _quoted() -> set[str]:
    judging = [ast.parse(p.read_text()) for p in APP if p.relative_to(ROOT / "app").parts[0] in JUDGING]
    constants = (n.value for tree in judging for n in ast.walk(tree) if isinstance(n, ast.Constant))
    return {value for value in constants if isinstance(value, str)}


@pytest.mark.parametrize("section", ["indicators", "parts", "triggers", "situations", "guards"])
def test_no_rating_or_warning_entry_of_a_pack_is_named_in_python(section: str) -> None:
    codes = _entry_codes(section)

    assert codes
    assert codes & _quoted() - set(BY_NAME) - WORDS - COLUMNS == set()
