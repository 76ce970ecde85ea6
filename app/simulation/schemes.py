"""What the schemes of single places add to the ledger, block by block and for the county."""

from collections.abc import Mapping
from datetime import date

import polars as pl

from app.simulation.arrays import Timeline
from app.simulation.assumptions import Assumptions
from app.simulation.block import Block
from app.simulation.claims import claims
from app.simulation.courses import course_events
from app.simulation.dividends import dividends
from app.simulation.insurers import insurance_accounts, insurance_fund
from app.simulation.societies import society_dues, society_funds, society_members
from app.simulation.spec import CountySpec
from app.simulation.surveys import rounds, surveys
from app.simulation.tasks import tasks


def of_block(block: Block, shocks: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """This function will give the schemes' tables of one block; `shocks` are the ledger's of the block."""
    found, members = rounds(block), society_members(block)
    return {
        "surveys": surveys(block, found),
        "course_events": course_events(block, found),
        "dividends": dividends(block),
        "society_members": members,
        "society_dues": society_dues(block, members),
        "claims": claims(block, shocks),
    }


def of_county(
    spec: CountySpec, a: Assumptions, time: Timeline, tables: Mapping[str, pl.DataFrame]
) -> dict[str, pl.DataFrame]:
    """This function will give the tables that need the whole county: tasks, and the insurers' accounts."""
    return {
        "tasks": tasks(spec, a, time, tables),
        "insurance_accounts": insurance_accounts(a, time, tables["insurance"]),
    }


def funds(a: Assumptions, tables: Mapping[str, pl.DataFrame], *, until: date) -> list[pl.DataFrame]:
    """This function will give the movements of the societies' funds and of the insurance fund."""
    societies = society_funds(a, tables["society_members"], tables["society_dues"])
    insurers = insurance_fund(a, tables["insurance_accounts"])
    return [societies, insurers.filter(pl.col("moved_on") <= until)]
