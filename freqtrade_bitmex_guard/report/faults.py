"""What is at fault: the key, the account, the machine, the config or something else; and the headline that says so."""

from __future__ import annotations

from enum import StrEnum

from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.findings import Finding
from freqtrade_bitmex_guard.model.verdict import Verdict


class Fault(StrEnum):
    """What is at fault, as a headline names it."""

    KEY = "the key"
    ACCOUNT = "the exchange account"
    CONFIG = "the config"
    POLICY = "the policy"
    MACHINE = "this machine"
    CONNECTION = "the connection to the exchange"
    EXCHANGE = "the exchange"
    STORE = "the credential store"
    INSTALLATION = "the installation"
    COMMAND_LINE = "the command line"
    GUARD = "the guard itself"


_NOT_THE_KEY: dict[Fault, tuple[str, ...]] = {
    Fault.ACCOUNT: ("two-factor", "sibling-keys", "withdrawal-address", "security-event", "account-restricted"),
    Fault.CONFIG: (
        *("config-unreadable", "section-missing", "section-invalid", "section-misnamed", "guard-disabled"),
        *("exchange-unsupported", "credentials-in-config", "host-not-allowed", "origin-insecure", "endpoint-mismatch"),
        *("tls-not-verified", "proxy-relay", "proxy-mismatch", "verbose-client", "client-settings"),
        *("config-not-written",),
    ),
    Fault.POLICY: ("policy-wide",),
    Fault.MACHINE: ("clock-skew", "address-not-allowed", "address-banned", "rate-limited"),
    Fault.CONNECTION: ("unreachable", "timed-out", "tls-failed", "redirected", "response-too-large"),
    Fault.EXCHANGE: (
        *("overloaded", "maintenance", "server-error", "response-invalid", "key-not-listed", "exchange-error"),
        *("exchange-cannot-tell", "ip-not-supported"),
    ),
    Fault.STORE: (
        *("store-unavailable", "store-insecure", "store-timed-out", "store-not-written", "store-read-only"),
        *("credentials-missing", "credentials-malformed", "credentials-conflict", "file-exposed", "command-failed"),
    ),
    Fault.INSTALLATION: ("guard-not-armed", "ccxt-class-missing", "client-changed", "freqtrade-unsupported"),
    Fault.COMMAND_LINE: ("usage",),
    Fault.GUARD: ("internal-error",),
}

_FAULTS = {name: fault for fault, names in _NOT_THE_KEY.items() for name in names}

_NOTHING_STARTED = "Nothing was started."

_HEADLINES = {
    Outcome.ADMITTED: "ADMITTED: the key can do no more than the policy allows.",
    Outcome.UNVERIFIED: "UNVERIFIED: the key could not be verified.",
    Outcome.MISCONFIGURED: "MISCONFIGURED: configuration error; the check did not run.",
}

_UNVERIFIED = {
    Fault.KEY: "the exchange does not take the key",
    Fault.ACCOUNT: "the exchange account is restricted",
    Fault.MACHINE: "the exchange rejects this machine",
    Fault.CONNECTION: "the exchange cannot be reached safely",
    Fault.EXCHANGE: "the exchange does not report what the key may do",
    Fault.GUARD: "the guard itself failed",
}

_MISCONFIGURED = {
    Fault.STORE: "the credential store has no usable key",
    Fault.INSTALLATION: "the installation is incomplete",
    Fault.COMMAND_LINE: "the command line is wrong",
    Fault.CONFIG: "configuration error",
}


def fault_of(finding: Finding) -> Fault:
    """Return what is at fault for a finding."""
    return _FAULTS.get(finding.name, Fault.KEY)


def headline(verdict: Verdict) -> str:
    """Return the verdict in one sentence, which names what is at fault."""
    if verdict.admitted and verdict.unverified:
        return f"ADMITTED as the policy accepts it, without verification: {describe_unverified(verdict)}."
    if verdict.admitted:
        return _HEADLINES[Outcome.ADMITTED]
    deciding = [finding for finding in verdict.findings if finding.outcome is verdict.outcome]
    faults = list(dict.fromkeys(map(fault_of, deciding)))
    if verdict.outcome is Outcome.REFUSED:
        return f"REFUSED: {' and '.join(faults)} break{'s' if len(faults) == 1 else ''} the policy. {_NOTHING_STARTED}"
    return f"{_without_a_verdict(verdict.outcome, faults[0] if faults else None)} {_NOTHING_STARTED}"


def _without_a_verdict(outcome: Outcome, fault: Fault | None) -> str:
    if outcome is Outcome.UNVERIFIED and fault in _UNVERIFIED:
        is_key = fault in (Fault.KEY, Fault.ACCOUNT)
        return (
            f"UNVERIFIED: {_UNVERIFIED[fault]}, so the key could not be verified"
            f"{'' if is_key else '; nothing is known against the key'}."
        )
    if outcome is Outcome.MISCONFIGURED and fault in _MISCONFIGURED:
        return f"MISCONFIGURED: {_MISCONFIGURED[fault]}; the check did not run."
    return _HEADLINES[outcome]


def describe_unverified(verdict: Verdict) -> str:
    """Return what the operator accepted without verification."""
    return ", ".join(subject.replace("-", " ") for subject in verdict.unverified)
