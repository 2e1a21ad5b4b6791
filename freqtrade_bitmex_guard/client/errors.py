"""Error answers of exchanges as findings, judged alike for all of them.

An exchange brings its texts, codes and shapes. What an error means for a check, and in which order the signs of it
count, is decided here.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from freqtrade_bitmex_guard.client.error_pages import find_page_cause
from freqtrade_bitmex_guard.client.response import Response, retry_after
from freqtrade_bitmex_guard.model.catalogue import FINDINGS
from freqtrade_bitmex_guard.model.findings import fail
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from freqtrade_bitmex_guard.redaction.sanitize import sanitize

# Ends the fix of every transient finding.
WAIT_FOR_EXCHANGE = (
    "`freqtrade-bitmex-guard trade --wait-for-exchange 60 -c CONFIG`, with the options that the bot is started with, "
    "keeps asking and starts once it is back."
)

_KEEP_AND_RETRY = f"Leave the key as it is and start again later; {WAIT_FOR_EXCHANGE}"

_MAX_TEXT_EXAMINED = 500

_GATEWAY_ERRORS = (502, 503, 504, 530)

# What a cause means and how it is fixed where the exchange has no words of its own; TITLE is the exchange's name.
_GENERAL_CAUSES = {
    "clock-skew": (
        "This machine's clock is off, so TITLE treats its requests as expired.",
        "Set the clock: `timedatectl set-ntp true`, or start chrony or ntpd; in a container, on its host.",
    ),
    "rate-limited": (
        "TITLE asks for fewer requests.",
        "Wait, then start again. Do not restart the bot in a tight loop: that gets this address banned.",
    ),
    "address-banned": (
        "TITLE, or a service in front of it, blocks this machine's address: it sent an error page instead of a "
        "response. Further requests may make that longer.",
        "Stop everything that talks to TITLE from here, wait for an hour or more, then start again. If it stays, look "
        "whether TITLE serves the country of this address.",
    ),
    "overloaded": ("TITLE is overloaded.", _KEEP_AND_RETRY),
    "maintenance": ("TITLE is down for maintenance.", _KEEP_AND_RETRY),
    "server-error": ("TITLE had an internal error.", _KEEP_AND_RETRY),
}


_Model = TypeVar("_Model", bound=BaseModel)


class StrictModel(BaseModel):
    """The part of an answer on which the verdict rests: exact types, and no value of it in an error."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, hide_input_in_errors=True)


@dataclass(frozen=True, slots=True)
class ErrorCause:
    """What one of an exchange's errors means.

    An error matches if everything that is given of `code`, `text` and `status` matches.

    Attributes:
        finding: the name of the finding.
        meaning: what happened and what it means, as whole sentences; empty for the general words.
        fix: what to do next, as whole sentences; empty for the general words.
        code: the error's code, exactly.
        text: what is in the error's text, in any case; of several all.
        status: the HTTP status. Where it is given, it is documented, and no doubt about the status applies.
        time_pattern: what finds the exchange's clock, in Unix seconds, in the text of a clock-skew error.
    """

    finding: str
    meaning: str = ""
    fix: str = ""
    code: str = ""
    text: str | tuple[str, ...] = ()
    status: int | None = None
    time_pattern: str = ""

    def __post_init__(self) -> None:
        if self.finding not in FINDINGS:
            raise ValueError(f"no such finding: {self.finding}")
        if not self.code and not self.text and self.status is None:
            raise ValueError(f"{self.finding}: a cause that matches every error")
        if not (self.meaning and self.fix) and (self.meaning or self.fix or self.finding not in _GENERAL_CAUSES):
            raise ValueError(f"{self.finding}: meaning and fix are missing")

    def matches(self, status: int, code: str, text: str) -> bool:
        """Return whether an error is this one.

        A refusal of the key (401, 403) is never transient, and a failure of the exchange is never the key's fault,
        whatever their words are.
        """
        parts = (self.text,) if isinstance(self.text, str) else self.text
        if self.code not in ("", code) or not all(part.casefold() in text.casefold() for part in parts if part):
            return False
        if self.status is not None:
            return self.status == status
        if self.finding == "clock-skew":
            return True
        waiting_helps = FINDINGS[self.finding].transient or self.finding == "rate-limited"
        return status not in (401, 403) if waiting_helps else status < 500


def name_page(causes: Iterable[ErrorCause], page: str, other: str) -> Iterator[ErrorCause]:
    """Yield an exchange's errors for another of its sites: with that site's page in place of its own.

    Args:
        causes: of the exchange.
        page: where its keys are managed, as the causes name it.
        other: where those of the other site are managed.
    """
    for cause in causes:
        yield replace(cause, fix=cause.fix.replace(page, other))


def read_json(response: Response) -> Any:
    """Return an answer's JSON, or None if it is not JSON."""
    try:
        return response.json()
    except ValueError:
        return None


def parse_body(model: type[_Model], data: object, profile: ExchangeProfile, subject: str = "the key") -> _Model:
    """Read a part of an answer.

    Args:
        model: its documented shape.
        data: as it came.
        profile: of the exchange.
        subject: what it describes.

    Raises:
        GuardError: unverified, with the names of the fields that are odd.
    """
    try:
        return model.model_validate(data)
    except ValidationError as problem:
        details = problem.errors(include_input=False, include_url=False)
        fields = sorted({sanitize(str(detail["loc"][0])) for detail in details if detail["loc"]})
        oddity = f"describes {subject} oddly: {', '.join(fields)}" if fields else "is not the documented JSON"
        fail_invalid(profile, oddity)


def fail_other_key(profile: ExchangeProfile) -> NoReturn:
    """End the check because an answer is not about the key that signed the request.

    Raises:
        GuardError: always.
    """
    fail(
        "key-not-listed",
        f"{profile.title} answered, but about another key than the one that signed the request.",
        "Try again; if it stays, a proxy answers with somebody else's data, or the API has changed: report it.",
    )


def fail_invalid(profile: ExchangeProfile, problem: str) -> NoReturn:
    """End the check because an answer is not what the exchange documents.

    Args:
        profile: of the exchange.
        problem: what is wrong with the answer, as the sentence continues after "its response".

    Raises:
        GuardError: always.
    """
    fail(
        "response-invalid",
        f"{profile.title}'s response {problem}, so it cannot be relied on.",
        "Try again. If it persists, a proxy interferes or the API has changed: report it.",
    )


def fail_for(
    response: Response,
    profile: ExchangeProfile,
    causes: Iterable[ErrorCause],
    code: str = "",
    text: object = None,
) -> NoReturn:
    """End the check with the cause of an error answer, whatever its HTTP status.

    Args:
        response: the answer.
        profile: of the exchange.
        causes: the errors that the exchange documents; of several that match, the first counts.
        code: the error's code, if there is one.
        text: the error's text, if there is one; what is no string counts as none.

    Raises:
        GuardError: always.
    """
    text = text if isinstance(text, str) else None
    if response.status >= 400 and read_json(response) is None and (page := find_page_cause(response)):
        fail(page.finding, page.meaning.replace("TITLE", profile.title), page.fix.replace("TITLE", profile.title))
    matching = [cause for cause in causes if cause.matches(response.status, code, text or "")]
    for name in ("clock-skew", "rate-limited"):
        cause = next((cause for cause in matching if cause.finding == name), None)
        # A ban for too many requests may have this status, too, and waiting a little does not end it.
        is_banned = any(cause.finding == "address-banned" for cause in matching)
        if cause or (name == "rate-limited" and response.status == 429 and not is_banned):
            _fail(name, profile, cause, _measured(response, profile, cause, text or ""))
    if matching:
        _fail(matching[0].finding, profile, _with_seen_address(matching[0], profile, text or ""))
    if response.status == 403 and read_json(response) is None:
        _fail("address-banned", profile)
    if response.status in _GATEWAY_ERRORS and text is None and not code:
        problem = f"{profile.title} is down: it sent a page instead of a response (HTTP {response.status})."
        _fail("maintenance", profile, measured=problem)
    if response.status >= 500:
        _fail("server-error", profile, measured=f"{profile.title} had an internal error (HTTP {response.status}).")
    error = sanitize(" ".join(filter(None, (code, text))), 120)
    fail(
        "exchange-error",
        f"{profile.title} answered HTTP {response.status}{f': {error}' if error else ''}",
        f"Look the message up in {profile.title}'s documentation; if it makes no sense, report it.",
    )


def _fail(name: str, profile: ExchangeProfile, cause: ErrorCause | None = None, measured: str = "") -> NoReturn:
    """End the check in the words of the cause, or else in the general ones; a measured meaning goes before both."""
    if cause and cause.meaning:
        fail(name, measured or cause.meaning, cause.fix)
    meaning, fix = (words.replace("TITLE", profile.title) for words in _GENERAL_CAUSES[name])
    outlook = f" {profile.status_page} tells more." if profile.status_page and WAIT_FOR_EXCHANGE in fix else ""
    fail(name, measured or meaning, fix + outlook)


def _with_seen_address(cause: ErrorCause, profile: ExchangeProfile, text: str) -> ErrorCause:
    """Return a cause that names the address from which the request came, if the exchange's error tells it."""
    if cause.finding != "address-not-allowed":
        return cause
    for word in re.findall(r"[0-9A-Fa-f:.]{7,45}", text[:_MAX_TEXT_EXAMINED]):
        with contextlib.suppress(ValueError):
            seen = f" {profile.title} saw the address {ipaddress.ip_address(word.strip('.'))}."
            return replace(cause, meaning=f"{cause.meaning}{seen}")
    return cause


def _measured(response: Response, profile: ExchangeProfile, cause: ErrorCause | None, text: str) -> str:
    """Return what an error means if the answer reports a time, or how long to wait; empty if it does not."""
    if cause is None or cause.finding == "rate-limited":
        wait = retry_after(response)
        return "" if wait is None else f"{profile.title} asks for fewer requests; try again in {_seconds(wait)}."
    reported = re.search(cause.time_pattern, text, re.IGNORECASE) if cause.time_pattern else None
    if reported is None:
        return ""
    behind = float(reported[1]) - response.received_at
    offset = f"{_seconds(abs(behind))} {'behind' if behind > 0 else 'ahead'}"
    return f"This machine's clock is {offset}, so {profile.title} treats its requests as expired."


def _seconds(number: float) -> str:
    return f"{number:,.0f} second{'' if round(number) == 1 else 's'}"
