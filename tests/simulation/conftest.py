from datetime import date

import pytest

from app.simulation import County, CountySpec, simulate

UNTIL = date(2025, 9, 30)


def county(**changes: object) -> County:
    spec = {"seed": 7, "loans": 1500, "until": UNTIL} | changes
    return simulate(CountySpec(**spec))  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def ordinary() -> County:
    return county()


@pytest.fixture(scope="session")
def large() -> County:
    return county(seed=11, loans=20_500)  # two blocks
