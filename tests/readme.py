"""The examples of the README, asked of the demonstration county: `python -m tests.readme` writes them."""

import json
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from app.api.app import create_app
from app.api.examples import SCORE
from app.cli.demo import DEMO_LOANS
from app.cli.ledger import LAST_DAY
from app.db import migrate
from app.db.store import open_store
from app.ledgerfile.limits import FileLimits
from app.ledgerfile.writing import write_ledger
from app.services.importing import import_ledger
from app.services.sweeping import sweep
from app.settings import ROOT
from app.simulation import CountySpec, simulate
from tests.api.client import Client
from tests.api.conftest import make_desk

EXAMPLES: Final = ROOT / "docs" / "examples"
READMES: Final = {"en": ROOT / "README.md", "zh": ROOT / "README.zh-CN.md"}
DAY: Final = LAST_DAY.date()
_BLOCK: Final = "<!-- example: {name} -->.*?<!-- /example -->"
_SHORTENED: Final = {"en": "Its answer, shortened; [all of it]({file})", "zh": "回答（节选；[全文]({file})）"}
_CURL: Final = "curl -s localhost:8000/{name} -H 'Content-Type: application/json' -d '{body}'"


def demonstration(folder: Path) -> Client:
    """Do what `make run` does, and give a client of the service."""
    url = f"sqlite:///{folder}/demo.db"
    migrate.upgrade(url)
    desk = make_desk(open_store(url))
    file = folder / "台账.xlsx"
    write_ledger(file, simulate(CountySpec(seed=1, loans=DEMO_LOANS, until=DAY)).ledger)
    lags = {lag.code: lag.now.days for lag in desk.policies.get("yanchi").at(DAY).knowledge}
    import_ledger(desk.store, file, imported_on=DAY, lags=lags, limits=FileLimits())
    sweep(desk, as_of=DAY)
    return Client(create_app(desk))


def answers(client: Client) -> Mapping[str, Any]:
    """Ask for the most urgent yellow loan that a shock struck, and for an application."""
    where = {"light": "yellow", "cause": "shock", "limit": 1}
    loan = client.get("/warnings", params=where).json()["items"][0]["loan_id"]
    asked = {"warning": {"loan_id": loan, "as_of": str(DAY)}, "score": SCORE}
    told = {name: client.post(f"/{name}", json=body).json() for name, body in asked.items()}
    told["score"].pop("decision_id")  # made anew for every answer
    return {name: {"request": asked[name], "answer": told[name]} for name in asked}


def short(answer: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Keep of an answer what fits a page."""
    rating, pd = answer["rating"], answer["pd"]
    brief = {
        "light": answer.get("light"),
        "triggers": [t[f"sentence_{language}"] for t in answer.get("triggers", ())],
        "rating": {key: rating[key] for key in ("points", "grade", "limit")},
        "pd": {key: pd[key] for key in ("value", "low", "high", "trained_on")},
        "agreement": answer["agreement"][f"why_{language}"],
        "eligibility": answer.get("eligibility", {}).get("result"),
        "causes": [cause[f"sentence_{language}"] for cause in answer["causes"]],
        "actions": [f"{a['rank']} {a['action']}: {a['eligibility']}" for a in answer.get("actions", ())],
        "top_action": answer.get("top_action"),
    }
    return {key: value for key, value in brief.items() if value not in (None, [])}


def rendered(text: str, language: str, told: Mapping[str, Any]) -> str:
    """Put requests and answers into a README."""
    for name, example in told.items():
        whole = example["request"] if name == "warning" else None
        body = json.dumps(whole) if whole else f"@docs/examples/{name}.json"
        said = json.dumps(short(example["answer"], language), ensure_ascii=False, indent=1)
        intro = _SHORTENED[language].format(file=f"docs/examples/{name}.answer.json")
        block = f"```sh\n{_CURL.format(name=name, body=body)}\n```\n\n{intro}:\n\n```json\n{said}\n```"
        marked = f"<!-- example: {name} -->\n{block}\n<!-- /example -->"
        old = re.search(_BLOCK.format(name=name), text, flags=re.DOTALL)
        text = text.replace(old.group(), marked) if old else text
    return text


def plain(value: object) -> str:
    """Write JSON as the example files hold it."""
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def main() -> None:
    """Write the example files and both READMEs."""
    with tempfile.TemporaryDirectory() as folder:
        told = answers(demonstration(Path(folder)))
    EXAMPLES.mkdir(exist_ok=True)
    for name, example in told.items():
        (EXAMPLES / f"{name}.json").write_text(plain(example["request"]), encoding="utf-8")
        (EXAMPLES / f"{name}.answer.json").write_text(plain(example["answer"]), encoding="utf-8")
    for language, path in READMES.items():
        path.write_text(rendered(path.read_text(encoding="utf-8"), language, told), encoding="utf-8")


if __name__ == "__main__":
    main()
