"""What the guard can find, and what each finding leads to.

The table `PUBLISHED` is the published list: the names are used by others (JSON output, log searches) and never change
their meaning. Anything that wants to stop a bot does it with a `Finding` whose rule stands there.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn


class Outcome(StrEnum):
    """The four verdicts, the gravest first: where several apply, the first one is told."""

    MISCONFIGURED = "misconfigured"
    REFUSED = "refused"
    UNVERIFIED = "unverified"
    ADMITTED = "admitted"


class Severity(StrEnum):
    """How grave a finding is. Only an error keeps a bot from starting."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the published list.

    Attributes:
        outcome: the verdict that an error of this rule leads to.
        meaning: one sentence for the documentation.
        passing: whether the cause usually goes away by itself, so that asking again later makes sense.
        posture: whether its severity is the operator's to choose; the policy then knows it by its name.
    """

    outcome: Outcome
    meaning: str
    passing: bool = False
    posture: bool = False


_M, _R, _U, _A = Outcome.MISCONFIGURED, Outcome.REFUSED, Outcome.UNVERIFIED, Outcome.ADMITTED

PUBLISHED: dict[str, Rule] = {
    # The key was read and breaks the policy.
    "withdraw-permission": Rule(_R, "The key can move money out of the account."),
    "permission-not-allowed": Rule(_R, "The key has a right that `allowed_permissions` does not name."),
    "permission-missing": Rule(_R, "The key lacks a right that `required_permissions` names."),
    "ip-unrestricted": Rule(_R, "The key works from every address."),
    "ip-too-many": Rule(_R, "The key works from more addresses than `max_ip_addresses`."),
    "ip-outside": Rule(_R, "The key works from addresses outside `ip_within`."),
    "ip-unreadable": Rule(_R, "An address block of the key is not of the form address or address/prefix."),
    "key-disabled": Rule(_R, "The key is switched off on the exchange."),
    # The account's posture: a warning, or an error where the policy says so.
    "two-factor": Rule(_R, "Logging in to the account takes no second factor.", posture=True),
    "key-age": Rule(_R, "The key is older than `max_key_age_days`.", posture=True),
    "legacy-key": Rule(_R, "The key is so old that it is weaker than newer ones.", posture=True),
    "key-name": Rule(_R, "The key's name is empty, says nothing, or is not like `key_name`.", posture=True),
    "account": Rule(_R, "The key belongs to another user or account than the policy expects.", posture=True),
    "sibling-keys": Rule(_R, "Another key of the account can withdraw or works from every address.", posture=True),
    "withdrawal-address": Rule(_R, "Withdrawals to a saved address skip confirmation or two-factor.", posture=True),
    "security-event": Rule(_R, "Something happened to the account that its owner should know of.", posture=True),
    # The key could not be read.
    "key-unknown": Rule(_U, "The exchange does not know this key id."),
    "signature-invalid": Rule(_U, "The exchange does not accept the signature: the secret is wrong."),
    "clock-skew": Rule(_U, "This machine's clock is off, so the exchange rejects what it signs."),
    "address-not-allowed": Rule(_U, "The key does not work from this machine's address."),
    "address-banned": Rule(_U, "The exchange blocks this machine's address."),
    "access-denied": Rule(_U, "The exchange does not even let the key see itself."),
    "account-restricted": Rule(_U, "The exchange has restricted or disabled the account."),
    "subaccount-key": Rule(_U, "The key belongs to a sub-account and was used as if it did not."),
    "key-not-listed": Rule(_U, "The exchange's answer does not hold this key."),
    "rate-limited": Rule(_U, "The exchange asks for fewer requests, for longer than this check can wait."),
    "overloaded": Rule(_U, "The exchange is overloaded.", passing=True),
    "maintenance": Rule(_U, "The exchange is down for maintenance.", passing=True),
    "server-error": Rule(_U, "The exchange had an internal error.", passing=True),
    "unreachable": Rule(_U, "The exchange cannot be reached, or the connection broke.", passing=True),
    "timed-out": Rule(_U, "The exchange did not answer in time.", passing=True),
    "tls-failed": Rule(_U, "The encrypted connection could not be trusted."),
    "redirected": Rule(_U, "The exchange's address sent us elsewhere; the signed request was not sent on."),
    "answer-invalid": Rule(_U, "The answer is not what the exchange documents."),
    "answer-too-large": Rule(
        _U, "The answer is larger than 4 MB, or holds too many values or headers, and was cut off."
    ),
    "exchange-error": Rule(_U, "The exchange answered with an error that this version does not know."),
    "internal-error": Rule(_U, "The guard itself failed; please report it."),
    # The check could not be made as configured.
    "usage": Rule(_M, "The command line is wrong."),
    "config-unreadable": Rule(_M, "A config file is missing or is not JSON."),
    "section-missing": Rule(_M, "The config has no `api_key_guard` section."),
    "section-invalid": Rule(_M, "Something in the `api_key_guard` section is wrong."),
    "section-misnamed": Rule(_M, "A top-level name in the config is almost `api_key_guard`."),
    "guard-disabled": Rule(_M, "The guard is switched off where a guarded start was asked for; else a warning."),
    "exchange-unknown": Rule(_M, "The guard does not know this exchange, so it can prove nothing about the key."),
    "ccxt-class-missing": Rule(_M, "The installed ccxt has no class for this exchange."),
    "credentials-in-config": Rule(_M, "Credentials stand in the config or in a variable, beside the guard."),
    "host-not-allowed": Rule(_M, "Requests would go to a host that `allowed_hosts` does not name."),
    "origin-insecure": Rule(_M, "Requests would go over plain http to a host that is not this machine."),
    "origins-differ": Rule(_M, "The bot's clients would not all talk to the server that was checked."),
    "tls-not-verified": Rule(_M, "A setting switches the check of the exchange's certificate off or changes it."),
    "requests-forwarded": Rule(_M, "A setting hands signed requests to another server."),
    "routes-differ": Rule(_M, "The bot's clients would not all leave this machine by the same proxy."),
    "verbose-client": Rule(_M, "`verbose` prints every signature."),
    "client-settings": Rule(_M, "A ccxt setting is odd, or one that the guard does not know."),
    "client-changed": Rule(_M, "freqtrade built a client that differs from what was checked."),
    "store-unavailable": Rule(_M, "The credential store cannot be read."),
    "store-insecure": Rule(_M, "The keyring keeps plain text, or nothing at all."),
    "store-timed-out": Rule(_M, "The credential store did not answer within 30 seconds."),
    "credentials-missing": Rule(_M, "The credential store has no such entry."),
    "credentials-malformed": Rule(_M, "A credential is not one line of visible ASCII."),
    "file-exposed": Rule(_M, "Others on this machine can read or write a credential file."),
    "command-failed": Rule(_M, "The program that hands over a credential failed."),
    "config-not-written": Rule(_M, "A config file cannot be changed without losing something; it was left as it was."),
    "store-not-written": Rule(_M, "The credential store is only read here, or may not have kept what it was given."),
    "credentials-differ": Rule(_M, "Several credentials are found where one is meant; none was touched."),
    "freqtrade-unsupported": Rule(_M, "freqtrade's internals have changed: the guard cannot be placed."),
}

WAIT_FOR_EXCHANGE = "`freqtrade-bitmex-guard trade --wait-for-exchange 60` keeps asking, and starts once it is back."
"""The way out of a passing cause, for the fix of a finding, whatever the exchange."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found.

    Attributes:
        rule: a name from `PUBLISHED`.
        severity: how grave it is.
        message: what was found and what it means for the money. Holds no secret, and no raw text from outside.
        fix: the next thing to type or click.
    """

    rule: str
    severity: Severity
    message: str
    fix: str

    def __post_init__(self) -> None:
        if self.rule not in PUBLISHED:
            raise ValueError(f"no such rule: {self.rule}")

    @property
    def outcome(self) -> Outcome:
        """The verdict that this finding alone leads to."""
        return PUBLISHED[self.rule].outcome if self.severity is Severity.ERROR else Outcome.ADMITTED

    @property
    def passing(self) -> bool:
        """Whether the cause usually goes away by itself."""
        return PUBLISHED[self.rule].passing


class Stopped(Exception):  # noqa: N818 - it is not always an error: a check may end here by design
    """The check ends here, with the findings that say why. It never ends in admission."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__("; ".join(f"{finding.rule}: {finding.message}" for finding in findings))
        self.findings = findings


def error(rule: str, message: str, fix: str) -> Finding:
    """A finding that keeps the bot from starting: rule name, what was found, and how to fix it."""
    return Finding(rule, Severity.ERROR, message, fix)


def warning(rule: str, message: str, fix: str) -> Finding:
    """A finding that the operator should know of, and that keeps nothing from starting."""
    return Finding(rule, Severity.WARNING, message, fix)


def stop(rule: str, message: str, fix: str) -> NoReturn:
    """End the check with one error.

    Raises:
        Stopped: always.
    """
    # What was being handled may hold a secret in its arguments: it must not follow into a traceback.
    raise Stopped(error(rule, message, fix)) from None


def unsupported(
    what: str = "The internals of the installed freqtrade have changed, so the guard cannot be placed.",
) -> NoReturn:
    """End the check: freqtrade is not as this was written for.

    Args:
        what: is not, as a whole sentence.

    Raises:
        Stopped: always.
    """
    stop(
        "freqtrade-unsupported",
        what,
        "Install a freqtrade that this version of the guard supports (2026.8 or later; 2026.9 is the newest it was "
        "tested with), or reinstall the guard from a newer checkout.",
    )
