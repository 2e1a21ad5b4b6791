"""Placeholders: texts that a person was meant to replace by a credential."""

from __future__ import annotations

import re

_MAX_LENGTH = 200

# What stands in templates in the place of a credential, as whole words; none of them is hexadecimal.
_WORDS = """
    your yours my the of for from goes here paste insert enter put fill in add set replace replaceme with me this
    change changeme changethis needed required todo tbd fixme dummy fake sample example placeholder redacted removed
    hidden masked censored test testing demo live real main none null nil empty blank undefined missing unset not
    api apikey key keys id keyid secret secrets secretkey apisecret token access client private public
    wallet address account password passphrase pass phrase passwd pw user username login value string text code
    freqtrade exchange bot trading trade spot futures broker
    dein deine deinen mein ihr hier tu su clave aqui votre cle ici sua minha chave il tuo chiave
""".split()  # noqa: SIM905 - a hundred words are easier to read like this

_ONLY_WORDS = re.compile(
    rf"(?:0x)?[\W_]*(?:(?:{'|'.join(sorted(_WORDS, key=len, reverse=True))})[\W_]*)+\d{{0,3}}", re.IGNORECASE
)

# One of them has to be a word for a credential, or for a gap.
_GAP_OR_CREDENTIAL = re.compile(
    r"(?i)your|here|insert|enter|paste|change|replace|todo|tbd|fixme|dummy|fake|sample|example|placeholder|none|null|nil"
    r"|redacted|removed|hidden|masked|censored|empty|blank|undefined|missing|unset|not|key|secret|token|pass|wallet|addr"
    r"|test|demo|dein|clave|cle|chave|chiave"
)

# One of these, with other words around it, is a placeholder too: `your_kraken_subaccount_key`.
_TELLING = frozenset("your yours insert enter paste replace changeme change placeholder example dummy deine".split())  # noqa: SIM905

# Or one of these at the end, after the name of an exchange or a bot: `binance_key`.
_CREDENTIALS = frozenset(["key", "apikey", "secret", "token", "password", "passphrase"])

_MAX_WORDS = 6

_WORD = re.compile(r"[a-z]{2,}|[A-Z]{2,}|[A-Z][a-z]+")

# No exchange issues a key with such a bracket around it, or of crosses and dots alone.
_MARKED = re.compile(
    r"""<[^<>]*> | \$\{[^{}]*\} | \$\([^()]*\) | \{\{.*\}\} | \{\w[\w .-]*\} | \[[\w .-]*\] | \$[A-Za-z_]\w* | %\w+%
    | @\w+@ | (?:0x)?[xX][xX\-_. ]* | 0x0{40} | 0x0{64} | (?:0x)?(?:[*.#?\u2022\u2026]\s?)+ | -{1,7} | n/?a""",
    re.VERBOSE,
)


def is_placeholder(value: object) -> bool:
    """Return whether a value is a text that stands in a template in the place of a credential.

    Args:
        value: from a config, a store or a terminal. What is no text is no placeholder.
    """
    if not isinstance(value, str) or len(value) > _MAX_LENGTH:
        return False
    text = value.strip().strip("\"'`").strip()
    if _MARKED.fullmatch(text) or (_ONLY_WORDS.fullmatch(text) and _GAP_OR_CREDENTIAL.search(text)):
        return True
    words = re.split(r"[_\-. ]+", text.rstrip("0123456789").strip("_-. "))
    if not 1 < len(words) <= _MAX_WORDS or not all(map(_WORD.fullmatch, words)):
        return False
    return words[-1].lower() in _CREDENTIALS or any(word.lower() in _TELLING for word in words)
