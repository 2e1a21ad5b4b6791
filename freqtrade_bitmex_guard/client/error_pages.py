"""Who sent a page in the place of an answer, by its signs: the exchange's front, a country block, a proxy on the way.

The page is outside text: it only chooses one of our own sentences, and none of them says anything good of the key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from freqtrade_bitmex_guard.client.response import Response

_MAX_EXAMINED_BYTES = 50_000


@dataclass(frozen=True, slots=True)
class PageCause:
    """What a page means.

    Attributes:
        finding: the name of the finding.
        meaning: what happened, as whole sentences; TITLE is the exchange's name.
        fix: what to do next.
        headers: names of headers of which one shows it, with a pattern of its value.
        text: a pattern of the body that shows it, in any case.
    """

    finding: str
    meaning: str
    fix: str
    headers: tuple[tuple[str, str], ...] = ()
    text: str = "(?!)"

    def matches(self, response: Response, body: str) -> bool:
        """Return whether a page shows these signs."""
        values = ((response.headers.get(name, ""), pattern) for name, pattern in self.headers)
        return any(value and re.search(pattern, value, re.IGNORECASE) for value, pattern in values) or bool(
            re.search(self.text, body, re.IGNORECASE)
        )


PROXY = PageCause(
    "proxy-refused",
    "A proxy between this machine and TITLE refused the request; TITLE itself never saw it.",
    "Look at the proxy in exchange.ccxt_config, its user and password and what it allows, or ask who runs this "
    "network.",
    headers=(
        ("proxy-authenticate", "."),
        ("x-squid-error", "."),
        ("server", "squid|zscaler|bluecoat|fortigate|mcafee web gateway|mitmproxy|tinyproxy|privoxy"),
    ),
    text=r"ERR_ACCESS_DENIED|generated .{1,80}\(squid|zscaler|fortiguard|fortinet|blue ?coat|websense|forcepoint"
    r"|sophos web|barracuda|web filter|proxy authentication required|blocked by your (?:administrator|organization)",
)

_COUNTRY = PageCause(
    "location-blocked",
    "TITLE does not serve the country or region that this machine's address belongs to. This is no ban.",
    "Run the bot where TITLE serves it and you have your account; no key and no waiting changes this.",
    text=r"restricted location|block access from your country|banned the country or region|error(?: code)?:? ?1009\b"
    r"|not available in your (?:country|region|location|jurisdiction)|unavailable in your (?:country|region|location)"
    r"|(?:country|region|jurisdiction|location) (?:is|has been) (?:blocked|restricted|not supported|prohibited)"
    r"|restricted (?:country|region|jurisdiction)|unavailable for legal reasons",
)

_CHALLENGE = PageCause(
    "challenge-page",
    "The protection in front of TITLE wants to see a browser, and sent a page that no bot can answer. This is no ban.",
    "Wait some minutes and start again. If it stays, use an address that is not a VPN's or a large host's, or ask "
    "TITLE's support to let the API through.",
    headers=(("cf-mitigated", "challenge"), ("x-amzn-waf-action", "challenge|captcha")),
    text=r"just a moment\.\.\.|challenge-platform|cf[-_]chl|checking your browser|cf-browser-verification"
    r"|enable javascript and cookies|verify(?:ing)? (?:that )?you are (?:a )?human|captcha"
    r"|_incapsula_resource|ddos protection by|please wait while we verify|are you a robot",
)

# What the exchange's front says where the address itself is blocked.
_BAN = r"you have been blocked|error(?: code)?:? ?10(?:06|07|08|15|20)\b|ip(?: address)? (?:has been |is )?ban"

# A page about maintenance may have any of these words on it; these are of a challenge alone.
_OUTAGE = replace(_CHALLENGE, text=r"just a moment\.\.\.|checking your browser|cf-browser-verification|cf[-_]chl")


def find_page_cause(response: Response) -> PageCause | None:
    """Return what a page means that came in the place of an answer, or None if it shows no sign.

    Args:
        response: an error whose body is no JSON.
    """
    if response.status == 407:
        return PROXY
    body = response.body[:_MAX_EXAMINED_BYTES].decode("utf-8", "replace")
    if response.status >= 500:
        return _OUTAGE if _OUTAGE.matches(response, body) else None
    if response.status == 451:
        return _COUNTRY
    causes = (PROXY, _COUNTRY) if re.search(_BAN, body, re.IGNORECASE) else (PROXY, _COUNTRY, _CHALLENGE)
    return next((cause for cause in causes if cause.matches(response, body)), None)
