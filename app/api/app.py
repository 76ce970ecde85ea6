"""The web application: routes, errors, the outer edge and the description, around one desk."""

from fastapi import FastAPI

from app import CODE_VERSION
from app.api import about, claims, courses, errors, grants, health, judging, lists, rules, turning
from app.api.edges import Edge
from app.api.examples import BODIES
from app.api.openapi import describe
from app.services.desk import Desk
from app.services.sent import Lines

_TAGS = [
    {"name": "score", "description": "贷前评分"},
    {"name": "warning", "description": "到期预警"},
    {"name": "warnings", "description": "预警清单"},
    {"name": "grants", "description": "整村授信"},
    {"name": "claims", "description": "风险补偿"},
    {"name": "courses", "description": "办理流程"},
    {"name": "about", "description": "政策包与模型"},
    {"name": "health", "description": "运行状态"},
]


def create_app(desk: Desk) -> FastAPI:
    """This function will make the application that serves a desk."""
    app = FastAPI(
        title="Xindeng 信灯", version=CODE_VERSION, openapi_tags=_TAGS, redoc_url=None, redirect_slashes=False
    )
    app.state.desk = desk
    app.state.lines = Lines.at(desk)
    errors.install(app)
    app.add_middleware(Edge, max_body_bytes=desk.settings.max_body_bytes)
    for module in (judging, lists, turning, grants, claims, courses, about, rules, health):
        app.include_router(module.router)
    describe(app, BODIES)
    return app
