"""How each part is shown: its title, and of each column the heading, the value's place and its form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.table import Table


@dataclass(frozen=True, slots=True)
class Shown:
    """One table."""

    title: str
    columns: tuple[tuple[str, str, str], ...]

    def table(self, lines: Sequence[Mapping[str, Any]]) -> Table:
        table = Table(title=self.title, title_justify="left")
        for heading, _, form in self.columns:
            table.add_column(heading, justify="right" if form else "left")
        for line in lines:
            table.add_row(*(_cell(line, place, form) for _, place, form in self.columns))
        return table


def _cell(line: Mapping[str, Any], place: str, form: str) -> str:
    value: Any = line
    for step in place.split("."):
        value = value[step]
    return "" if value is None else format(value, form)


SHOWN: Mapping[str, Shown] = {
    "explanation": Shown(
        "Exact SHAP, 40 features, 200 trees of depth 3, one thread",
        (
            ("", "peer", ""),
            ("rows", "rows", ",d"),
            ("µs a row", "us_per_row", ",.1f"),
            ("× ours", "times_ours", ",.2f"),
            ("largest difference", "largest_difference", ".0e"),
        ),
    ),
    "ranking": Shown(
        "Ranking out of time, simulated counties; 20 000 matured loans learnt from unless told otherwise",
        (
            ("opinion", "opinion", ""),
            ("AUC", "auc", ".4f"),
            ("of the way to the best", "way", ".1%"),
            ("±", "way_plus_minus", ".1%"),
            ("luck aside", "expected", ".1%"),
            ("±", "expected_plus_minus", ".1%"),
            ("caught at capacity", "caught", ".1%"),
            ("beyond learned", "beyond", "+.1%"),
            ("±", "beyond_plus_minus", ".1%"),
            ("slope", "slope", ".2f"),
            ("at T-30", "slope_formal", ".2f"),
            ("intercept", "intercept", "+.2f"),
            ("truth in interval", "held", ".0%"),
        ),
    ),
    "sweep": Shown(
        "Sweep of all active loans of a whole loan book, first of a month and again; one process",
        (
            ("", "database", ""),
            ("loans assessed", "loans", ",d"),
            ("loan book", "loan_book", ",d"),
            ("repayments", "rows.repayments", ",d"),
            ("seconds", "seconds", ".1f"),
            ("loans/s", "loans_per_second", ",.0f"),
            ("µs a loan", "us_per_loan", ",.0f"),
            ("× smallest", "times_smallest", ".2f"),
            ("peak MiB", "peak_mib", ",.0f"),
            ("again, s", "again_seconds", ".1f"),
        ),
    ),
    "rerating": Shown(
        "Re-rating all households of a county under a pack, from facts in memory; one process",
        (
            ("households", "households", ",d"),
            ("with a grade", "graded", ",d"),
            ("seconds", "seconds", ".2f"),
            ("rating alone, s", "rating_seconds", ".3f"),
            ("µs a household", "us_per_household", ",.1f"),
            ("peak MiB", "peak_mib", ",.0f"),
        ),
    ),
    "serving": Shown(
        "Requests beside a bare endpoint that validates the same body and commits one insert; one worker",
        (
            ("", "database", ""),
            ("request", "request", ""),
            ("conn.", "connections", "d"),
            ("req/s", "product.per_second", ",.1f"),
            ("p50 ms", "product.p50_ms", ",.1f"),
            ("p99 ms", "product.p99_ms", ",.1f"),
            ("peer req/s", "peer.per_second", ",.1f"),
            ("peer p50", "peer.p50_ms", ",.1f"),
            ("peer p99", "peer.p99_ms", ",.1f"),
            ("of peer", "of_peer", ".2f"),
        ),
    ),
    "targets": Shown(
        "What is to be reached",
        (("what", "what", ""), ("wanted", "wanted", ""), ("found", "found", ",.2f"), ("", "verdict", "")),
    ),
}
