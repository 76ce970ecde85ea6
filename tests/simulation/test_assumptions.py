from importlib.resources import files

import pytest

from app.domain.errors import InvalidValueError
from app.simulation.assumptions import assumptions, parse


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("a: {value: 1, unit: x, range: [0, 2]}", "a wants value, unit, reference"),
        ("a: {value: 1, unit: x, reference: design}", "a wants a range"),
        ("a: {value: [1], unit: x, range: [0, 2], reference: design}", "a wants a range"),
        ("a: {value: 3, unit: x, range: [0, 2], reference: design}", "a lies outside"),
        ("a: {value: 1, unit: x, range: [0, 2], reference: design, colour: red}", "a wants value"),
        ("a: {value: [1], unit: x, reference: design}\na: {value: [1], unit: x, reference: design}", "twice"),
    ],
)
def test_a_broken_assumption_is_named(text: str, named: str) -> None:
    with pytest.raises(InvalidValueError, match=named):
        parse(text)


def test_every_assumption_is_used_and_has_a_reference() -> None:
    modules = [f.read_text("utf-8") for f in files("app.simulation").iterdir() if f.name.endswith(".py")]
    source = "\n".join(modules)

    entries = assumptions().entries

    assert [name for name in entries if f'"{name}"' not in source] == []
    assert all(entry.reference and entry.unit for entry in entries.values())


def test_an_effect_follows_the_sensitivity() -> None:
    low, central, high = (assumptions(s).effect("education_willingness") for s in ("low", "central", "high"))

    assert low < central < high
