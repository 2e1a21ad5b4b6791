"""The published list of findings: name, outcome, meaning.

Others use these names (JSON output, log searches), so a name never changes its meaning.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """The four verdicts, the most severe first: if several apply, the first one counts."""

    MISCONFIGURED = "misconfigured"
    REFUSED = "refused"
    UNVERIFIED = "unverified"
    ADMITTED = "admitted"


@dataclass(frozen=True, slots=True)
class FindingSpec:
    """One line of the published list.

    Attributes:
        outcome: the verdict to which an error of this name leads.
        meaning: one sentence for the documentation.
        transient: whether the cause usually goes away by itself, so that a later retry makes sense.
        configurable: whether the operator chooses its severity, in `policy.severity`.
        across: whether it is about several bots; the operator chooses its severity with `fleet --severity`.
        silent: whether it says nothing of this very key, so that a recheck counts it as silence. Transient ones do.
    """

    outcome: Outcome
    meaning: str
    transient: bool = False
    configurable: bool = False
    across: bool = False
    silent: bool = False


_M, _R, _U = Outcome.MISCONFIGURED, Outcome.REFUSED, Outcome.UNVERIFIED


FINDINGS: dict[str, FindingSpec] = {
    # The key was read and breaks the policy.
    "withdraw-permission": FindingSpec(_R, "The key can move money out of the account."),
    "permission-not-allowed": FindingSpec(_R, "The key has a permission that `allowed_permissions` does not name."),
    "permission-missing": FindingSpec(_R, "The key lacks a permission that `required_permissions` names."),
    "ip-unrestricted": FindingSpec(_R, "The key has no IP restriction."),
    "ip-too-many": FindingSpec(_R, "The key allows more IP addresses than `max_ip_addresses`."),
    "ip-outside": FindingSpec(_R, "The key allows IP addresses outside `ip_within`."),
    "ip-unreadable": FindingSpec(_R, "An address block of the key is not of the form address or address/prefix."),
    "policy-wide": FindingSpec(
        _R, "The policy allows more addresses than an IPv4 /8 or an IPv6 /24; only ever a warning."
    ),
    "key-disabled": FindingSpec(_R, "The key is disabled on the exchange, or has expired."),
    # The account's posture: a warning, or an error where the policy says so.
    "two-factor": FindingSpec(_R, "Two-factor authentication of the account is off.", configurable=True),
    "key-age": FindingSpec(_R, "The key is older than `max_key_age_days`.", configurable=True),
    "legacy-key": FindingSpec(_R, "The key is so old that it is weaker than newer ones.", configurable=True),
    "key-name": FindingSpec(
        _R, "The key's name is empty or says nothing, or does not match `key_name`.", configurable=True
    ),
    "account": FindingSpec(
        _R, "The key belongs to another user or account than the policy expects.", configurable=True
    ),
    "sibling-keys": FindingSpec(
        _R, "Another key of the account can withdraw or has no IP restriction.", configurable=True
    ),
    "withdrawal-address": FindingSpec(
        _R, "Withdrawals to a saved address skip confirmation or two-factor.", configurable=True
    ),
    "security-event": FindingSpec(
        _R, "A recent event of the account is one that its owner should know of.", configurable=True
    ),
    "ip-undisclosed": FindingSpec(
        _R, "The key is limited to addresses that the exchange does not report.", configurable=True
    ),
    "ip-not-supported": FindingSpec(_R, "The exchange cannot limit a key to addresses.", configurable=True),
    "key-expiry": FindingSpec(_R, "The key ends in less than `min_days_left` days.", configurable=True),
    # The key could not be read.
    "key-unknown": FindingSpec(_U, "The exchange does not know this key id."),
    "signature-invalid": FindingSpec(_U, "The exchange does not accept the signature: the secret is wrong."),
    "clock-skew": FindingSpec(_U, "This machine's clock is off, so the exchange rejects what it signs.", silent=True),
    "address-not-allowed": FindingSpec(_U, "The key does not work from this machine's address."),
    "address-banned": FindingSpec(_U, "The exchange blocks this machine's address.", silent=True),
    "location-blocked": FindingSpec(
        _U, "The exchange does not serve the place of this machine's address.", silent=True
    ),
    "challenge-page": FindingSpec(_U, "The protection in front of the exchange wants to see a browser.", silent=True),
    "proxy-refused": FindingSpec(_U, "A proxy between this machine and the exchange refused the request.", silent=True),
    "exchange-cannot-tell": FindingSpec(_U, "The exchange cannot report what a key may do, or from where."),
    "access-denied": FindingSpec(_U, "The exchange does not let the key read its own permissions."),
    "account-restricted": FindingSpec(_U, "The exchange has restricted or disabled the account."),
    "subaccount-key": FindingSpec(_U, "The key belongs to a sub-account and cannot be used this way."),
    "key-not-listed": FindingSpec(_U, "The exchange's response does not hold this key.", silent=True),
    "rate-limited": FindingSpec(
        _U, "The exchange asks for fewer requests, for longer than the check can wait.", silent=True
    ),
    "overloaded": FindingSpec(_U, "The exchange is overloaded.", transient=True),
    "maintenance": FindingSpec(_U, "The exchange is down for maintenance.", transient=True),
    "server-error": FindingSpec(_U, "The exchange had an internal error.", transient=True),
    "unreachable": FindingSpec(_U, "The exchange cannot be reached, or the connection broke.", transient=True),
    "timed-out": FindingSpec(_U, "The exchange did not answer in time.", transient=True),
    "tls-failed": FindingSpec(_U, "The encrypted connection could not be trusted.", silent=True),
    "redirected": FindingSpec(
        _U, "The exchange's server redirected the request; nothing signed was sent on.", silent=True
    ),
    "response-invalid": FindingSpec(_U, "The response is not what the exchange documents."),
    "response-too-large": FindingSpec(
        _U, "The response is larger than 4 MB, or holds too many values or headers, and was cut off.", silent=True
    ),
    "exchange-error": FindingSpec(_U, "The exchange responded with an error that this version does not know."),
    "agent-unavailable": FindingSpec(_U, "The signing agent does not answer.", transient=True),
    "agent-not-admitted": FindingSpec(_U, "The signing agent has not admitted its key, or not recently."),
    "internal-error": FindingSpec(_U, "The guard itself failed; please report it."),
    # What only a check of many bots finds.
    "key-shared": FindingSpec(_R, "Several bots use one key.", across=True),
    "policy-weaker": FindingSpec(
        _M, "A bot's policy accepts more than that of another bot on the same account.", across=True
    ),
    "bot-unguarded": FindingSpec(
        _M, "A bot would start without a check, or its key is in its config in plain text.", across=True
    ),
    # The check could not be made as configured.
    "usage": FindingSpec(_M, "The command line is wrong."),
    "config-unreadable": FindingSpec(_M, "A config file is missing or is not JSON."),
    "section-missing": FindingSpec(_M, "The config has no `api_key_guard` section."),
    "section-invalid": FindingSpec(_M, "Something in the `api_key_guard` section is wrong."),
    "section-misnamed": FindingSpec(_M, "The config has no `api_key_guard` section, but a name that is almost that."),
    "guard-disabled": FindingSpec(_M, "The guard is disabled, but a guarded start was requested; otherwise a warning."),
    "guard-not-armed": FindingSpec(
        _M, "Plain `freqtrade trade` is not guarded in this environment; a warning.", across=True
    ),
    "exchange-unsupported": FindingSpec(_M, "The guard does not support this exchange."),
    "ccxt-class-missing": FindingSpec(_M, "The installed ccxt has no class for this exchange."),
    "credentials-in-config": FindingSpec(_M, "Credentials are in the config or in an environment variable."),
    "host-not-allowed": FindingSpec(_M, "Requests would go to a host that `allowed_hosts` does not name."),
    "origin-insecure": FindingSpec(_M, "Requests would go over plain http to a host that is not this machine."),
    "endpoint-mismatch": FindingSpec(_M, "The bot's clients would not all use the server that was checked."),
    "tls-not-verified": FindingSpec(
        _M, "A setting disables or changes the verification of the exchange's certificate."
    ),
    "proxy-relay": FindingSpec(_M, "A setting hands signed requests to another server."),
    "proxy-mismatch": FindingSpec(_M, "The bot's clients would not all use the same proxy."),
    "verbose-client": FindingSpec(_M, "`verbose` prints every signature."),
    "client-settings": FindingSpec(_M, "A ccxt setting is invalid, or the guard does not know it."),
    "client-changed": FindingSpec(_M, "freqtrade built a client that differs from what was checked."),
    "store-unavailable": FindingSpec(_M, "The credential store cannot be read."),
    "store-insecure": FindingSpec(_M, "The keyring stores plain text, or nothing at all."),
    "store-timed-out": FindingSpec(_M, "The credential store did not answer within 30 seconds."),
    "credentials-missing": FindingSpec(_M, "The credential store has no such entry."),
    "credentials-malformed": FindingSpec(
        _M, "A credential is not what the exchange issues: swapped, quoted, a placeholder or in another form."
    ),
    "file-exposed": FindingSpec(_M, "Others on this machine can read or write a credential file."),
    "command-failed": FindingSpec(_M, "The program that prints a credential failed."),
    "config-not-written": FindingSpec(_M, "A config file cannot be changed without losing something; it is unchanged."),
    "store-not-written": FindingSpec(_M, "The credential store may not have stored what it was given."),
    "store-read-only": FindingSpec(_M, "The credential store is managed externally and read-only here."),
    "credentials-conflict": FindingSpec(_M, "There are several credentials where one is expected; none was changed."),
    "agent-refused": FindingSpec(_M, "The signing agent does not serve this process."),
    "agent-mismatch": FindingSpec(_M, "The signing agent is for another exchange, server or protocol than the bot."),
    "agent-unsupported": FindingSpec(_M, "The signing agent has no route table for this exchange or mode."),
    "agent-setup": FindingSpec(_M, "The signing agent's config, socket or folder is not as it must be."),
    "record-damaged": FindingSpec(_M, "The signing agent's record cannot be read, or its chain is broken."),
    "freqtrade-unsupported": FindingSpec(_M, "freqtrade's internals have changed: the guard cannot be installed."),
}
