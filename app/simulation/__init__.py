"""A county whose truth is known; imports only domain, and is imported by nothing that estimates."""

from app.simulation.county import simulate
from app.simulation.futures import expected_outcomes
from app.simulation.knowledge import frames
from app.simulation.spec import REGIMES, SENSITIVITIES, VISITS, County, CountySpec

__all__ = [
    "REGIMES",
    "SENSITIVITIES",
    "VISITS",
    "County",
    "CountySpec",
    "expected_outcomes",
    "frames",
    "simulate",
]
