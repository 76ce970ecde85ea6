"""All tables, for SQLite and PostgreSQL alike; fact tables are made from the ledger's schemas.

Fixed words (lights, kinds, causes) carry no CHECK: they are checked where they come in, and a new
word must not need a migration. Ranges of money and lengths of codes do.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

from app.db.types import NUMBER, WHOLE, WORDS, Day, Flag, Instant
from app.domain import ledger
from app.domain.ledger import FACT_TABLES, META, Column, Kind
from app.domain.money import MAX_FEN

# PostgreSQL's index entries end near 2 700 bytes; a character takes up to four.
MAX_CODE: Final = 100
MAX_KEY: Final = 600

NAMING: Final = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}
metadata: Final = sa.MetaData(naming_convention=NAMING)

_TYPES: Final[Mapping[Kind, TypeEngine[Any]]] = MappingProxyType(
    {
        Kind.DATE: Day(),
        Kind.MONTH: Day(),
        Kind.MONEY: WHOLE,
        Kind.RATE: WHOLE,
        Kind.INTEGER: WHOLE,
        Kind.DECIMAL: NUMBER,
        Kind.FLAG: Flag(),
    }
)
_CODES: Final = (Kind.CODE, Kind.PERSON, Kind.CHOICE)


def _table(name: str, *parts: sa.schema.SchemaItem) -> sa.Table:
    return sa.Table(name, metadata, *parts, sqlite_strict=True)


def _column(column: Column) -> sa.Column[Any]:
    return sa.Column(column.name, _TYPES.get(column.kind, WORDS), nullable=not column.required)


def _check(column: Column) -> sa.CheckConstraint | None:
    if column.kind is Kind.MONEY:
        return sa.CheckConstraint(f"{column.name} BETWEEN {-MAX_FEN} AND {MAX_FEN}", name=column.name)
    if column.kind in _CODES:
        return sa.CheckConstraint(f"length({column.name}) <= {MAX_CODE}", name=column.name)
    if column.kind is Kind.FLAG:
        return sa.CheckConstraint(f"{column.name} IN (0, 1)", name=column.name).ddl_if(dialect="sqlite")
    return None


def _fact_table(table: ledger.Table) -> sa.Table:
    columns = (*table.columns, *META)
    subjects = [name for name in ("household_id", "loan_id") if name in table.names]
    return _table(
        table.name,
        *(_column(c) for c in columns),
        sa.Column("record_key", WORDS, nullable=False),
        sa.Column("content_hash", WORDS, nullable=False),
        sa.PrimaryKeyConstraint("record_key", "version"),
        *(check for c in columns if (check := _check(c)) is not None),
        sa.CheckConstraint(f"length(record_key) <= {MAX_KEY}", name="record_key"),
        sa.CheckConstraint("version >= 1", name="version_from_one"),
        *(sa.Index(None, name) for name in subjects),
        sa.Index(None, "import_id", postgresql_using="brin"),  # append-only: a few pages cover millions
    )


imports: Final = _table(
    "imports",
    sa.Column("import_id", WHOLE, primary_key=True, autoincrement=False),
    sa.Column("file_sha256", WORDS, nullable=False, unique=True),
    sa.Column("imported_on", Day, nullable=False),
    sa.Column("totals", WORDS, nullable=False),
)

# One row: whoever updates it goes first, so that imports and person ids have no gaps or doubles.
ledger_state: Final = _table(
    "ledger_state",
    sa.Column("state_id", WHOLE, primary_key=True, autoincrement=False),
    sa.Column("last_import_id", WHOLE, nullable=False),
    sa.Column("last_person_no", WHOLE, nullable=False),
    sa.CheckConstraint("state_id = 1", name="one_row"),
)

persons: Final = _table(
    "persons",
    sa.Column("person_id", WORDS, primary_key=True),
    sa.Column("id_number", WORDS, nullable=False, unique=True),
    sa.Column("full_name", WORDS),
    sa.Column("phone", WORDS),
    sa.Column("account", WORDS),
    sa.Column("registered_on", Day),
    sa.Column("import_id", WHOLE, sa.ForeignKey("imports.import_id"), nullable=False),
    sa.CheckConstraint(f"length(id_number) <= {MAX_CODE}", name="id_number"),
)

facts: Final[Mapping[str, sa.Table]] = MappingProxyType({t.name: _fact_table(t) for t in FACT_TABLES})

sweeps: Final = _table(
    "sweeps",
    sa.Column("sweep_id", sa.Integer, primary_key=True),
    sa.Column("as_of", Day, nullable=False),
    sa.Column("watermark", WHOLE, nullable=False),
    sa.Column("policy", WORDS, nullable=False),
    sa.Column("policy_hash", WORDS, nullable=False),
    sa.Column("artefact_id", WORDS, nullable=False),
    sa.Column("code_version", WORDS, nullable=False),
    sa.Column("horizon_days", WHOLE),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("loans_in", WHOLE, nullable=False),
    sa.Column("added", WHOLE, nullable=False),
    sa.Column("unchanged", WHOLE, nullable=False),
    sa.Column("quarantined", WHOLE, nullable=False),
    sa.Column("lights", WORDS, nullable=False),
    sa.Column("finished_at", Instant),
    sa.Column("shadow_failures", WORDS, nullable=False, server_default="{}"),
    sa.CheckConstraint(
        "finished_at IS NULL OR loans_in = added + unchanged + quarantined", name="totals_reconcile"
    ),
)

quarantined_loans: Final = _table(
    "quarantined_loans",
    sa.Column("sweep_id", sa.Integer, sa.ForeignKey("sweeps.sweep_id"), nullable=False),
    sa.Column("loan_id", WORDS, nullable=False),
    sa.Column("reason", WORDS, nullable=False),
    sa.PrimaryKeyConstraint("sweep_id", "loan_id"),
)

assessments: Final = _table(
    "assessments",
    sa.Column("seq", WHOLE, primary_key=True, autoincrement=True),
    sa.Column("assessment_id", WORDS, nullable=False, unique=True),
    sa.Column("sweep_id", sa.Integer, sa.ForeignKey("sweeps.sweep_id")),
    sa.Column("loan_id", WORDS, nullable=False),
    sa.Column("household_id", WORDS),
    sa.Column("borrower_id", WORDS),
    sa.Column("township_code", WORDS),
    sa.Column("village_code", WORDS),
    sa.Column("bank", WORDS),
    sa.Column("industry", WORDS),
    sa.Column("kind", WORDS),
    sa.Column("amount", WHOLE, nullable=False),
    sa.Column("balance", WHOLE, nullable=False),
    sa.Column("disbursed_on", Day),
    sa.Column("matures_on", Day, nullable=False),
    sa.Column("days_to_maturity", WHOLE, nullable=False),
    sa.Column("as_of", Day, nullable=False),
    sa.Column("watermark", WHOLE, nullable=False),
    sa.Column("policy", WORDS, nullable=False),
    sa.Column("policy_hash", WORDS, nullable=False),
    sa.Column("artefact_id", WORDS, nullable=False),
    sa.Column("code_version", WORDS, nullable=False),
    sa.Column("inputs_hash", WORDS, nullable=False),
    sa.Column("light", WORDS, nullable=False),
    sa.Column("trigger_light", WORDS, nullable=False),
    sa.Column("model_light", WORDS),
    sa.Column("data_gap", Flag, nullable=False),
    sa.Column("pd_ppm", WHOLE),
    sa.Column("pd_low_ppm", WHOLE),
    sa.Column("pd_high_ppm", WHOLE),
    sa.Column("margin_fixed", WHOLE),
    sa.Column("rating_points", WHOLE),
    sa.Column("rating_grade", WORDS),
    sa.Column("rating_limit", WHOLE),
    sa.Column("agreement", WORDS),
    sa.Column("top_cause", WORDS),
    sa.Column("top_action", WORDS),
    sa.Column("urgency", WHOLE, nullable=False),
    sa.Column("next_change_on", Day),
    sa.Column("payload", WORDS, nullable=False),
    sa.CheckConstraint(f"amount BETWEEN {-MAX_FEN} AND {MAX_FEN}", name="amount"),
    sa.CheckConstraint(f"balance BETWEEN {-MAX_FEN} AND {MAX_FEN}", name="balance"),
    sa.CheckConstraint("pd_ppm BETWEEN 0 AND 1000000", name="pd_ppm"),
    sa.CheckConstraint("data_gap IN (0, 1)", name="data_gap").ddl_if(dialect="sqlite"),
    sa.CheckConstraint(f"length(loan_id) <= {MAX_CODE}", name="loan_id"),
    sa.Index(None, "as_of", "urgency", "loan_id"),  # the list, in its order
    sa.Index(None, "loan_id", "as_of", "seq"),  # a loan's history, and which assessment is current
)

contexts: Final = _table(
    "contexts",
    sa.Column("day", Day, nullable=False),
    sa.Column("watermark", WHOLE, nullable=False),
    sa.Column("code_version", WORDS, nullable=False),
    sa.Column("content_version", WORDS, nullable=False),
    sa.Column("township_counts", WORDS, nullable=False),
    sa.Column("group_counts", WORDS, nullable=False),
    sa.PrimaryKeyConstraint("day", "watermark", "code_version"),
)

decisions: Final = _table(
    "decisions",
    sa.Column("seq", WHOLE, primary_key=True, autoincrement=True),
    sa.Column("decision_id", WORDS, nullable=False, unique=True),
    sa.Column("kind", WORDS, nullable=False),
    sa.Column("decided_at", Instant, nullable=False),
    sa.Column("as_of", Day, nullable=False),
    sa.Column("request", WORDS, nullable=False),
    sa.Column("answer", WORDS, nullable=False),
)


def _code(name: str) -> tuple[sa.Column[Any], sa.CheckConstraint]:
    return sa.Column(name, WORDS, nullable=False), sa.CheckConstraint(
        f"length({name}) <= {MAX_CODE}", name=name
    )


def _flag(name: str) -> tuple[sa.Column[Any], sa.CheckConstraint]:
    check = sa.CheckConstraint(f"{name} IN (0, 1)", name=name).ddl_if(dialect="sqlite")
    return sa.Column(name, Flag, nullable=False), check


gate_reports: Final = _table(
    "gate_reports",
    sa.Column("gate_id", WORDS, primary_key=True),
    *_code("estimator"),
    *_code("artefact_id"),
    *_code("against_id"),
    sa.Column("as_of", Day, nullable=False),
    sa.Column("watermark", WHOLE, nullable=False),
    *_flag("passed"),
    sa.Column("report", WORDS, nullable=False),
    sa.Column("made_at", Instant, nullable=False),
)

promotions: Final = _table(
    "promotions",
    sa.Column("seq", WHOLE, primary_key=True, autoincrement=True),
    *_code("kind"),
    *_code("estimator"),
    *_code("artefact_id"),
    *_flag("despite_gate"),
    *_code("proposed_by"),
    *_code("approved_by"),
    sa.Column("reason", WORDS, nullable=False),
    sa.Column("decided_at", Instant, nullable=False),
    sa.Column("gate_id", WORDS, sa.ForeignKey("gate_reports.gate_id")),
    sa.CheckConstraint("proposed_by <> approved_by", name="two_people"),
)

shadow_estimates: Final = _table(
    "shadow_estimates",
    *_code("loan_id"),
    sa.Column("as_of", Day, nullable=False),
    *_code("artefact_id"),
    *_code("inputs_hash"),
    sa.Column("margin_fixed", WHOLE, nullable=False),
    sa.Column("pd_ppm", WHOLE, nullable=False),
    sa.Column("sweep_id", sa.Integer, sa.ForeignKey("sweeps.sweep_id"), nullable=False),
    sa.PrimaryKeyConstraint("loan_id", "as_of", "artefact_id", "inputs_hash"),
    sa.CheckConstraint("pd_ppm BETWEEN 0 AND 1000000", name="pd_ppm"),
)

# Rows of these are added and never altered; triggers in the migrations hold it.
APPEND_ONLY: Final = (
    *facts,
    "quarantined_loans",
    "assessments",
    "contexts",
    "decisions",
    "gate_reports",
    "promotions",
    "shadow_estimates",
)
