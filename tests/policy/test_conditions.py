"""Conditions: bounds, words and combinations, with what is missing kept apart from what is false."""

from typing import Any

import polars as pl
import pytest

from app.policy.conditions import Condition

PARAMETERS = {"cap": 5.0}


def _answers(condition: dict[str, Any], **columns: list[Any]) -> list[bool | None]:
    frame = pl.DataFrame(columns, strict=False)
    expression = Condition.model_validate(condition).expression(PARAMETERS)
    return frame.select(expression.alias("answer"))["answer"].to_list()


@pytest.mark.parametrize(
    ("bound", "answers"),
    [
        ({"below": 5}, [True, False, False, None]),
        ({"at_most": 5}, [True, True, False, None]),
        ({"at_least": 5}, [False, True, True, None]),
        ({"above": 5}, [False, False, True, None]),
        ({"equals": 5}, [False, True, False, None]),
        ({"at_least": 4.5, "below": 6}, [False, True, False, None]),
        ({"above": {"parameter": "cap"}}, [False, False, True, None]),
    ],
)
def test_a_bound_holds_on_its_side_and_is_unknown_where_the_number_is_missing(
    bound: dict[str, Any], answers: list[bool | None]
) -> None:
    assert _answers({"feature": "x", "is": bound}, x=[4.0, 5.0, 6.0, None]) == answers


def test_a_word_is_among_others_or_unknown() -> None:
    condition = {"feature": "x", "is_in": ["lifted", "stable"]}

    assert _answers(condition, x=["lifted", "ordinary", None]) == [True, False, None]


@pytest.mark.parametrize(("missing", "answers"), [(True, [False, True]), (False, [True, False])])
def test_missing_itself_can_be_asked_for(missing: bool, answers: list[bool]) -> None:  # noqa: FBT001
    assert _answers({"feature": "x", "missing": missing}, x=[1.0, None]) == answers


X, Y = ({"feature": name, "is": {"at_least": 1}} for name in "xy")


@pytest.mark.parametrize(
    ("condition", "answers"),
    [
        ({"all_of": [X, Y]}, [True, False, False, None, False, None]),
        ({"any_of": [X, Y]}, [True, True, False, True, None, None]),
        ({"none_of": [X, Y]}, [False, False, True, False, None, None]),
    ],
)
def test_what_is_missing_leaves_a_combination_unknown_only_where_it_matters(
    condition: dict[str, Any], answers: list[bool | None]
) -> None:
    x, y = [1.0, 1.0, 0.0, 1.0, 0.0, None], [1.0, 0.0, 0.0, None, None, None]

    assert _answers(condition, x=x, y=y) == answers


def test_a_condition_tells_the_features_and_parameters_that_it_reads() -> None:
    inner = {"feature": "z", "is": {"above": {"parameter": "cap"}, "at_most": {"parameter": "top"}}}
    condition = Condition.model_validate({"any_of": [X, {"none_of": [Y, inner]}]})

    assert condition.features() == {"x", "y", "z"}
    assert condition.parameters() == {"cap", "top"}
