"""What every check owes, and what it returns."""

from __future__ import annotations

from typing import Protocol

from freqtrade_bitmex_guard.check.admission import Admission
from freqtrade_bitmex_guard.exchanges.interface import KeyListing
from freqtrade_bitmex_guard.model.account import Evidence
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.redaction.opaque import opaque_dataclass


@opaque_dataclass
class CheckResult:
    """The result of one check.

    Attributes:
        verdict: on the key.
        admission: the admitted key and its connection. It is there if the verdict is admitted, and only then.
        evidence: what the rules judged; None if the check did not get as far as the account.
        listing: what the exchange reported about the account's keys; None where `evidence` is.
        fingerprint: of the key, which does not show its id; None if it was not read.
    """

    verdict: Verdict
    admission: Admission | None = None
    evidence: Evidence | None = None
    listing: KeyListing | None = None
    fingerprint: str | None = None

    def __post_init__(self) -> None:
        # A bot starts on the admission alone, so a refused check must not have one.
        if (self.admission is not None) != self.verdict.admitted:
            raise ValueError("an admission belongs to an admitted verdict, and to no other")


class Check(Protocol):
    """One check of one bot's key."""

    def run(self) -> CheckResult:
        """Check the key.

        Returns:
            The result. Every failure is a finding of its verdict, a bug in the guard included; only KeyboardInterrupt
            is raised.
        """
        ...

    def recheck(self) -> Verdict:
        """Check the key that `run` read once more, with one request.

        No store and no config is read, and the account is not queried.

        Returns:
            The verdict. Every failure is one of its findings; that `run` read no key is one, too.
        """
        ...
