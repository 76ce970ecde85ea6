"""The peer of `/score` and `/warning`: a bare endpoint that validates the same body and commits one insert.

The same models, the same kind of database with the same durability; no judgement, no answer but a number.
"""

from typing import Any

import sqlalchemy as sa
from fastapi import FastAPI
from pydantic import BaseModel

from app.api.body import RawBody
from app.api.requests import ScoreRequest, WarningRequest
from app.db.engine import WRITE, make_engine

_bodies = sa.Table(
    "peer_bodies", sa.MetaData(), sa.Column("seq", sa.Integer, primary_key=True), sa.Column("body", sa.Text)
)


def create_peer(url: str) -> FastAPI:
    """An application around a database of its own table; strict bodies must be read from their bytes."""
    engine = make_engine(url).execution_options(**{WRITE: True})
    with engine.begin() as connection:
        _bodies.create(connection, checkfirst=True)
    app = FastAPI()

    def kept(body: BaseModel) -> dict[str, Any]:
        insert = sa.insert(_bodies).values(body=body.model_dump_json()).returning(_bodies.c.seq)
        with engine.begin() as connection:
            return {"seq": connection.execute(insert).scalar_one()}

    @app.post("/score")
    def score(raw: RawBody) -> dict[str, Any]:
        return kept(ScoreRequest.model_validate_json(raw))

    @app.post("/warning")
    def warning(raw: RawBody) -> dict[str, Any]:
        return kept(WarningRequest.model_validate_json(raw))

    return app
