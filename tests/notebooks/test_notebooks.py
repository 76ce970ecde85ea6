"""What holds of every notebook; that they run is tried by collecting them (pyproject, nbmake)."""

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

from app.settings import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
MOST_LINES = 10  # what is longer belongs to app/
each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def cells(path: Path, kind: str) -> list[dict[str, Any]]:
    return [cell for cell in read(path)["cells"] if cell["cell_type"] == kind]


def test_notebooks_are_numbered_without_a_gap() -> None:
    assert [path.stem[:2] for path in NOTEBOOKS] == [f"{n:02d}" for n in range(1, len(NOTEBOOKS) + 1)]


@each
def test_no_output_and_no_execution_count_is_stored(path: Path) -> None:
    code = cells(path, "code")

    assert code
    assert [cell["id"] for cell in code if cell["outputs"] or cell["execution_count"] is not None] == []


@each
def test_headings_are_in_chinese_and_english(path: Path) -> None:
    lines = "".join("".join(cell["source"]) + "\n" for cell in cells(path, "markdown")).splitlines()
    headings = [line for line in lines if line.startswith("#")]

    assert len(headings) >= 3
    assert [h for h in headings if not (re.search("[一-鿿]", h) and re.search("[A-Za-z]{3}", h))] == []


@each
def test_any_python_runs_it_and_its_cells_keep_their_names(path: Path) -> None:
    found = read(path)
    ids = [cell["id"] for cell in found["cells"]]

    assert (found["nbformat"], found["nbformat_minor"]) == (4, 5)
    assert found["metadata"]["kernelspec"]["name"] == "python3"
    assert len(set(ids)) == len(ids)


@each
def test_cells_call_the_library_and_define_nothing(path: Path) -> None:
    trees = {cell["id"]: ast.parse("".join(cell["source"])) for cell in cells(path, "code")}
    defining = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)

    assert [
        name for name, tree in trees.items() if any(isinstance(n, defining) for n in ast.walk(tree))
    ] == []
    assert {name: lines for name, tree in trees.items() if (lines := _lines(tree)) > MOST_LINES} == {}


def _lines(tree: ast.Module) -> int:
    said = (node for node in tree.body if not isinstance(node, ast.Import | ast.ImportFrom))
    return sum((node.end_lineno or node.lineno) - node.lineno + 1 for node in said)
