"""How the service is deployed; every value may be set by an environment variable `XINDENG_…`."""

from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Deployment: where the database and the models are, and how much may come in at once."""

    model_config = SettingsConfigDict(env_prefix="XINDENG_", frozen=True, extra="forbid")

    database_url: str = Field(
        default=f"sqlite:///{ROOT / 'var' / 'xindeng.db'}", description="SQLite or PostgreSQL (psycopg)"
    )
    policy: str = Field(default="yanchi", description="policy pack in force for this deployment")
    packs: dict[Annotated[str, Field(pattern=r"^[0-9]{2,12}$")], str] = Field(
        default_factory=dict,
        description='packs by the beginning of division codes, e.g. {"640323": "yanchi"}; the rest by policy',
    )
    models_dir: Path = Field(default=ROOT / "models", description="folder with the trained artefacts")
    champion_refresh_seconds: int = Field(
        default=30, gt=0, description="how often the service looks whether another artefact was promoted"
    )
    max_body_bytes: int = Field(default=20_000_000, gt=0, description="largest request body; more is a 413")
    max_batch: int = Field(default=1_000, gt=0, description="most items in one /score or /warning request")
    max_page: int = Field(default=1_000, gt=0, description="most rows on one page of a list")
    max_file_bytes: int = Field(default=200_000_000, gt=0, description="largest ledger file")
    max_unpacked_bytes: int = Field(default=1_000_000_000, gt=0, description="largest unpacked workbook")
    max_cells: int = Field(default=60_000_000, gt=0, description="most cells in one ledger file")
    sweep_chunk: int = Field(default=20_000, gt=0, description="households assessed at a time in a sweep")
