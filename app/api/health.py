"""Whether the process lives, and whether it can serve."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from app.api.desk import AtDesk
from app.api.problems import problem_docs

router = APIRouter(tags=["health"])


class Alive(BaseModel):
    """The process answers."""

    status: Literal["alive"] = "alive"


class Ready(BaseModel):
    """The database is at the migration head and the artefacts were verified when they were loaded."""

    status: Literal["ready"] = "ready"
    database: Literal["at_head"] = "at_head"
    models: list[str] = Field(description="ids of the verified artefacts")


@router.get("/livez", operation_id="livez", summary="存活检查")
def livez() -> Alive:
    """This function will answer without touching the database."""
    return Alive()


@router.get("/readyz", operation_id="readyz", summary="就绪检查", responses=problem_docs(503))
def readyz(desk: AtDesk) -> Ready:
    """This function will answer only when the database and the artefacts can be used."""
    desk.store.check()
    ids = {estimator.artefact_id for estimator in desk.estimators.values()} | {desk.effects.artefact_id}
    return Ready(models=sorted(filter(None, ids)))
