"""Bitget's error answers as findings. Many of its codes are not in ccxt, and the class of others misleads."""

from __future__ import annotations

from typing import Any

from freqtrade_bitmex_guard.client.errors import ErrorCause, fail_for, fail_invalid, read_json
from freqtrade_bitmex_guard.client.response import Response
from freqtrade_bitmex_guard.exchanges.bitget.profile import PROFILE

IS_UNIFIED = "40085"
IS_CLASSIC = ("40084", "25245")
WRONG_PASSPHRASE = "40012"  # noqa: S105 - an error code

_SIGN_IN = "Sign in to Bitget and follow what it says there, or ask its support."
_MAKE_AGAIN = f"{PROFILE.page.how_to_compare_key_id} If it is right but gone, make a new key."

_UNKNOWN = tuple(
    ErrorCause("key-unknown", f"Bitget does not know this key id: {why}.", _MAKE_AGAIN, code=code)
    for code, why in (
        ("40006", "it was mistyped or deleted, or the key has ended"),
        ("40037", "the key was deleted, or the id was mistyped"),
        ("40041", "the key was deleted, or the id was mistyped"),
    )
)
_PASSPHRASE = tuple(
    ErrorCause(
        "signature-invalid",
        "Bitget knows the key id but not the passphrase: the stored API password is not the one that was chosen when "
        "the key was made. It is not the password of the account.",
        "Store the API password again. Bitget never shows it; if it is lost, make a new key.",
        code=code,
    )
    for code in (WRONG_PASSPHRASE, "40036")
)
_SIGNATURE = ErrorCause(
    "signature-invalid",
    "Bitget knows the key id but does not accept the signature: the stored secret is not this key's, or the key is one "
    "of an RSA pair (User-generated API key), with which ccxt cannot sign.",
    "Store the secret again. If it is lost, or of an RSA pair, make a new System-generated API key.",
    code="40009",
)
_ADDRESS = (
    ErrorCause(
        "address-not-allowed",
        "The key does not work from this machine's address: it is not among the linked IP addresses of the key.",
        f"{PROFILE.page.how_to_add_address} Never leave the list empty. If it is there already, look at the key's "
        "permissions: one document of Bitget gives them the same code.",
        code="40018",
    ),
    ErrorCause(
        "address-not-allowed",
        "The key does not work from this machine's address: it is not among the linked IP addresses of the key.",
        f"{PROFILE.page.how_to_add_address} Never leave the list empty.",
        code="40038",
    ),
)
_PERMISSIONS = (
    ErrorCause(
        "access-denied",
        "The account is a unified one, and the key lacks its permissions: a key that was made before the account was "
        "upgraded keeps the old ones.",
        PROFILE.how_to_change("Give it the permissions to manage and to trade on the unified account."),
        code="40014",
        text="need uta",
    ),
    ErrorCause(
        "access-denied",
        "Bitget does not let the key see what it may do itself, so nothing shows that it can only trade.",
        PROFILE.how_to_change("Add the permission to read spot trades, and no other."),
        code="40014",
    ),
    ErrorCause(
        "access-denied",
        "The permissions of the key are set in a way that Bitget itself does not accept.",
        PROFILE.how_to_change("Set its permissions again."),
        code="40040",
    ),
    ErrorCause(
        "access-denied",
        "Bitget does not let a key of this sub-account see what it may do, so nothing shows that it can only trade.",
        "Ask the owner of the main account to allow the sub-account the API, or make the key in another account.",
        code="40068",
    ),
)
_MODES = tuple(
    ErrorCause(
        "exchange-error",
        "Bitget says of the account that it is neither a classic nor a unified one; it may be switching from one to "
        "the other.",
        "Look in Bitget's settings whether the switch is complete, then start again. A key that was made before it "
        "must be edited.",
        code=code,
    )
    for code in (IS_UNIFIED, *IS_CLASSIC)
)
_ENVIRONMENT = ErrorCause(
    "key-unknown",
    "The key belongs to the other environment: keys for demo trading do not work on the live site, nor the other way "
    "round.",
    'Store a key of the environment that the bot uses; "sandbox" in exchange.ccxt_config chooses demo trading.',
    code="40099",
)
_RESTRICTED = tuple(
    ErrorCause("account-restricted", f"Bitget {did}.", fix, code=code)
    for code, did, fix in (
        ("40013", "says that the state of the account is abnormal", _SIGN_IN),
        (
            "40016",
            "wants a telephone or an authenticator app bound to the account first",
            "Bind one, then start again.",
        ),
        ("40022", "has restricted the account", _SIGN_IN),
        ("40023", "has restricted the API for this account", _SIGN_IN),
        ("40024", "has frozen the account, or does not serve its region", _SIGN_IN),
        ("40026", "has disabled the account", _SIGN_IN),
        ("40031", "has closed the account for good", "Use a key of another account."),
        ("50010", "has frozen the account", _SIGN_IN),
    )
)
_REGION = tuple(
    ErrorCause(
        "address-banned",
        "Bitget does not serve the place that the account or this machine's address belongs to.",
        "Run the bot from a place where Bitget offers its service to you.",
        code=code,
    )
    for code in ("40000", "40103", "40104")
)
_CAUSES = (
    *(ErrorCause("clock-skew", code=code) for code in ("40004", "40005", "40008")),
    ErrorCause("rate-limited", code="429"),
    *_UNKNOWN,
    *_PASSPHRASE,
    _SIGNATURE,
    *_ADDRESS,
    *_PERMISSIONS,
    *_MODES,
    _ENVIRONMENT,
    *_RESTRICTED,
    *_REGION,
    ErrorCause("maintenance", code="40200"),
    *(ErrorCause("server-error", code=code) for code in ("40015", "40725")),
)


def error_code(response: Response) -> str:
    """Return the code of an answer, or an empty text; it is `00000` in good answers."""
    content = read_json(response)
    code = content.get("code") if isinstance(content, dict) else None
    return code if isinstance(code, str) else ""


def parse_success(response: Response) -> dict[str, Any]:
    """Return what a good answer says.

    Raises:
        GuardError: unverified, if it is an error or not the documented JSON.
    """
    content = read_json(response)
    envelope = content if isinstance(content, dict) else {}
    code, text = error_code(response), envelope.get("msg")
    # ccxt takes another text for an error, too, whatever the code is.
    is_error = code not in ("", "00000") or (code == "00000" and isinstance(text, str) and text != "success")
    if response.status != 200 or is_error:
        fail_for(response, PROFILE, _CAUSES, code=code, text=text)
    data = envelope.get("data")
    if code != "00000" or text != "success" or not isinstance(data, dict):
        fail_invalid(PROFILE, "is not the documented JSON")
    return data
