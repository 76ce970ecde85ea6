"""Writes the example answers of the description anew: `python -m tests.api.write_examples`."""

import tempfile
from pathlib import Path

import yaml

from app.api import examples
from app.api.app import create_app
from app.db import migrate
from app.db.store import open_store
from tests.api.client import Client
from tests.api.conftest import make_desk


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/examples.db"
        migrate.upgrade(url)
        client = Client(create_app(make_desk(open_store(url))))
        answers = {
            "/score": client.post("/score", json=examples.SCORE).json(),
            "/warning": client.post("/warning", json=examples.WARNING).json(),
        }
    target = Path(examples.__file__).with_name("example_answers.yaml")
    target.write_text(
        yaml.safe_dump(answers, allow_unicode=True, sort_keys=False, width=110), encoding="utf-8"
    )


if __name__ == "__main__":
    main()
