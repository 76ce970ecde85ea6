"""What the README shows is what the service answers about the demonstration county."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.readme import EXAMPLES, READMES, answers, demonstration, plain, rendered


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    return answers(demonstration(Path(tmp_path_factory.mktemp("readme"))))


@pytest.mark.parametrize("name", ["warning", "score"])
def test_the_example_files_hold_real_requests_and_answers(told: Mapping[str, Any], name: str) -> None:
    assert (EXAMPLES / f"{name}.json").read_text(encoding="utf-8") == plain(told[name]["request"])
    assert (EXAMPLES / f"{name}.answer.json").read_text(encoding="utf-8") == plain(told[name]["answer"])


@pytest.mark.parametrize("language", ["en", "zh"])
def test_both_readmes_show_these_answers(told: Mapping[str, Any], language: str) -> None:
    text = READMES[language].read_text(encoding="utf-8")

    assert "<!-- /example -->" in text
    assert text == rendered(text, language, told)
