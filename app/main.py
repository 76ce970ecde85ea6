"""The ASGI application: `uvicorn --factory app.main:create`."""

from fastapi import FastAPI

from app.api.app import create_app
from app.bootstrap import make_desk, settings


def create() -> FastAPI:
    """This function will make the application with the settings of the environment."""
    return create_app(make_desk(settings()))
