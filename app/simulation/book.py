"""The loan book as arrays: one position per loan, rows of one household in order of time."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from app.domain.words import Action, LoanKind, RepaymentMethod
from app.simulation.arrays import B, D, F, I, Timeline

KINDS: Final = (LoanKind.NEW, LoanKind.RENEWAL, LoanKind.EXTENSION)
METHODS: Final = (
    RepaymentMethod.BULLET_QUARTERLY,
    RepaymentMethod.BULLET_YEARLY,
    RepaymentMethod.BULLET_END,
    RepaymentMethod.INSTALMENTS,
)
ACTIONS: Final = tuple(Action)
POSTPONING: Final = (ACTIONS.index(Action.RENEWAL), ACTIONS.index(Action.EXTENSION))


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """Loans; the last five fields are latent and never reach the ledger."""

    home: I
    round: I
    kind: I
    start: I  # month of disbursement
    day: I  # of the month, for disbursement and maturity
    term: I  # months
    amount: I  # yuan
    instalments: I  # parts of the principal, 1 for a bullet
    method: I
    rate: I  # ppm a year
    firm: I  # -1 for own use
    continues: I  # round of the loan it continues, -1 for none
    action: I  # what was done in observed practice
    postponed: I  # months that a renewal or extension added, 0 for none
    depth: I  # how often it was continued before
    misuse: B
    capacity_shift: F
    will_shift: F

    def __len__(self) -> int:
        """This function will count the loans."""
        return len(self.home)

    @property
    def maturity(self) -> I:
        """This function will give the month of maturity."""
        return self.start + self.term

    @property
    def due(self) -> F:
        """This function will give the principal that falls due at maturity, in yuan."""
        return self.amount / self.instalments

    @property
    def treated(self) -> B:
        """This function will mark loans that were renewed or extended before maturity."""
        return np.isin(self.action, POSTPONING)

    def disbursed_on(self, time: Timeline) -> D:
        """This function will give the days of disbursement."""
        return time.day(self.start, self.day)

    def matures_on(self, time: Timeline) -> D:
        """This function will give the days of maturity."""
        return time.day(self.maturity, self.day)

    def take(self, rows: I | B) -> "Book":
        """This function will give the loans at these positions."""
        return Book(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})


def joined(books: Sequence[Book]) -> Book:
    """This function will put books one after the other."""
    return Book(**{f.name: np.concatenate([getattr(b, f.name) for b in books]) for f in fields(Book)})
