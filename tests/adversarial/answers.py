"""The space of responses to /apiKey that an exchange, or anything in between, could send."""

from __future__ import annotations

import json
from dataclasses import dataclass
from ipaddress import IPv4Network
from random import Random
from typing import Any

from hypothesis import strategies as st

from tests.adversarial.oracle import Told
from tests.support.factories import KEY_ID, SECRET

ABSENT = object()
HOME = "203.0.113.7"
_IDS = [KEY_ID] * 60 + [KEY_ID.lower(), f"{KEY_ID} ", KEY_ID[:-1], "other", "", None, 7, [KEY_ID]]

_WORDS = (
    ["order"] * 6
    + ["position"] * 3
    + ["withdraw"] * 8
    + ["orderCancel", "Withdraw", " withdraw", "withdraw\n", "WITHDRAW", "\uff57ithdraw", "w\u0456thdraw"]
    + ["Order", "order ", "", "transfer", "sudo", SECRET, "\x1b[31m", "[red]", "order,withdraw"]
    + ["*", None, 1, ["order"]]
)

_BLOCKS = (
    [HOME] * 4
    + [f"{HOME}/32"] * 4
    + ["203.0.113.6/31", "203.0.113.0/24", "203.0.113.8", "198.51.100.1/32", f"{HOME}/31", f"{HOME}/0", f"{HOME}/1"]
    + ["0.0.0.0", "0.0.0.0/0", "0.0.0.0/1", "0.0.0.0/32", "128.0.0.0/1", "10.0.0.0/8", "::", "::/0", "::/1", "8000::/1"]
    + ["128.0.0.0/2", "64.0.0.0/2", "192.0.0.0/3", "2000::/3", "3000::/4", "2000::/5", "4000::/3"]
    + [f"::ffff:{HOME}", f"::ffff:{HOME}/128", f"::ffff:{HOME}/120", "::ffff:0:0/96", "::ffff:0.0.0.0", "2001:db8::1"]
    + ["::ffff:0.0.0.0"] * 2
    + ["::fffe:0:0/95"]
    + ["2001:db8::/127"] * 2
    + ["2001:db8::1/64", "2001:db8::1/128", "", " ", "\t", "*", "any", "localhost", f"{HOME}/33", f"{HOME}/-1"]
    + [
        f"{HOME}/032",
        f"{HOME}/255.255.255.255",
        f"{HOME}/0.0.0.0",
        f" {HOME}",
        f"{HOME}\n",
        f"{HOME}%1",
        "203.0.113.07",
    ]
    + [f"{HOME},0.0.0.0/0", f"{HOME} 0.0.0.0/0", "3405803783", "0x7f.1", "\u0662\u0660\u0663.0.113.7", SECRET, None, 0]
)

_SIX = ["2001:db8::", "2001:db8::1", f"::ffff:{HOME}", "::ffff:0.0.0.0", "::fffe:0:0", "::"]
_JUNK: list[Any] = [None, True, False, 0, 1, -1, 2**70, 1.5, "", " ", "order", "true", [], {}, [None], [[]], ["order"]]
_JUNK += [{"order": True}, {"0": "order"}, [{"name": "order"}], {"": None}, "\x00", "\ud800", SECRET]


def by_weight(**parts: tuple[int, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    """Draw from several strategies by weight; `one_of` counts each once, and flattens nested ones."""
    drawn = [strategy for weight, strategy in parts.values() for _ in range(weight)]
    return st.sampled_from(drawn).flatmap(lambda strategy: strategy)


@dataclass(frozen=True)
class Mostly:
    """Draw a good value seven times out of eight, so that a response is odd in one or two places, not in all.

    hypothesis does not draw the good value: its draws are most of the cost of a response.
    """

    good: list[Any]
    others: tuple[st.SearchStrategy[Any], ...]

    def draw(self, draw: st.DrawFn, chance: Random) -> Any:
        if not self.others or chance.randrange(8):
            return chance.choice(self.good)
        return draw(chance.choice(self.others))


def mostly(good: list[Any], *others: st.SearchStrategy[Any]) -> Mostly:
    return Mostly(good, others)


junk = st.one_of(
    st.sampled_from(_JUNK), st.text(max_size=6), st.integers(), st.floats(), st.lists(st.integers(), max_size=2)
)

words = by_weight(known=(4, st.sampled_from(_WORDS)), any=(1, st.text(max_size=8)))

blocks = by_weight(
    known=(4, st.sampled_from(_BLOCKS)),
    any=(
        1,
        st.builds("{}.{}.{}.{}/{}".format, *[st.sampled_from([0, 1, 7, 127, 203, 255, 256])] * 4, st.integers(0, 33)),
    ),
    near=(1, st.builds("203.0.113.{}/{}".format, st.integers(0, 12), st.integers(24, 32))),
    six=(2, st.builds("{}/{}".format, st.sampled_from(_SIX), st.sampled_from([64, 95, 96, 120, 126, 127, 128]))),
    text=(1, st.text(alphabet="0123456789abcdef.:/ ", max_size=12)),
)

_some_words = [
    st.lists(words, max_size=4),
    words.map(lambda word: ["order", word]),
    # The one that matters can be the last of many.
    st.builds(lambda many, word: ["order"] * many + [word], st.integers(0, 50), words),
]

# The block that matters can be the last of many.
_some_blocks = st.one_of(
    st.lists(blocks, max_size=3), st.builds(lambda many, block: [HOME] * many + [block], st.integers(0, 12), blocks)
)

_ALL_BUT_ONE = [str(block) for block in IPv4Network("0.0.0.0/0").address_exclude(IPv4Network("0.0.0.0/32"))]
_HALF_OF_SIX = ["2000::/5", "3000::/5"]
_MORE_THAN_FOUR = ["::fffe:0:0/95"]
_nothing = st.just(ABSENT)

_FIELDS: dict[str, Mostly] = {
    "id": mostly(_IDS),
    "permissions": mostly([["order"], ["order"], ["order", "position"]], *_some_words * 2, junk, _nothing),
    "cidr": mostly([HOME] * 6 + [f"{HOME}/32", "203.0.113.8", "198.51.100.1", None], *[blocks] * 6, junk, _nothing),
    "cidrs": mostly(
        [ABSENT] * 4 + [[], None, [HOME], [HOME], ["203.0.113.8"], _ALL_BUT_ONE, _HALF_OF_SIX, _MORE_THAN_FOUR],
        *[_some_blocks] * 6,
        junk,
    ),
    "enabled": mostly([True], *[st.sampled_from([False, ABSENT, "true", 1, None])] * 3, junk),
    "name": mostly(["bot"], *[st.text(max_size=6), st.just(f"{KEY_ID} {SECRET}"), _nothing] * 3, junk),
    "nonce": mostly([0, 1, ABSENT], junk, st.sampled_from([float("nan"), float("inf"), float("-inf")])),
    "secret": mostly([ABSENT], st.sampled_from([SECRET, "", None]), junk),
    "userId": mostly([395724, "395724", ABSENT], junk),
    "targetAccountId": mostly([395724, None, ABSENT], junk),
    "created": mostly(["2026-05-01T09:00:00.000Z"], *[_nothing, st.just("9999-99-99T99:99:99Z")] * 3, junk),
    "anything": mostly([ABSENT], junk),
    "_id": mostly([ABSENT], junk),
    "scopes": mostly([ABSENT], st.sampled_from([["order"], ["withdraw"]])),
}

# Undocumented names: some that another reader could take for a documented one, and some that are unlike any.
_LOOKALIKES = {
    "id": ["Id", "ID", " id"],
    "permissions": [
        "Permissions",
        "permissions ",
        "PERMISSIONS",
        "\uff50ermissions",
        "permissions\u200b",
        "permission",
        "permissions_v2",
        "permissionList",
    ],
    "cidr": ["CIDR", "cidr6", "cidr\n", "cidrv6s", "allowedCidr"],
    "cidrs": ["CIDRs", "cidrs[]", "cidrs2"],
    "enabled": [
        "Enabled",
        "_enabled",
        "isEnabled",
        "enabled\x00",
        "\u0435nabled",
        "e\u0315\u0316nabled",
        "enabled" * 10,
    ],
}


class Twice(dict[str, Any]):
    """An object with one name twice; see below for how json writes it."""

    def __init__(self, first: dict[str, Any], then: dict[str, Any]) -> None:
        super().__init__({**first, **then})
        self.pairs = [*first.items(), *then.items()]

    def items(self) -> Any:
        return self.pairs


@st.composite
def _entries(draw: st.DrawFn) -> dict[str, Any]:
    chance = draw(st.randoms(use_true_random=True))
    entry = {name: value for name, field in _FIELDS.items() if (value := field.draw(draw, chance)) is not ABSENT}
    if not chance.randrange(20):
        name = chance.choice(list(_LOOKALIKES))
        value = _FIELDS[name].draw(draw, chance)
        if value is not ABSENT:
            entry[chance.choice(_LOOKALIKES[name])] = value
    if not chance.randrange(20):
        name = chance.choice(["permissions", "cidr", "cidrs", "enabled", "id"])
        value = _FIELDS[name].draw(draw, chance)
        if value is not ABSENT:
            return Twice({name: value}, entry)
    return entry


def _error(message: Any) -> dict[str, Any]:
    return {"error": {"message": message, "name": "HTTPError"}}


_MESSAGES = ["Access Denied", "access denied", "Invalid API Key.", "Account is restricted", "", None, 7, f"x {SECRET}"]

_NEARLY_DENIED: list[Any] = [
    {"error": {"message": "Access Denied"}},
    {"error": {"message": "Access Denied", "name": "RateLimitError"}},
    {"error": {"message": "Access Denied", "name": "HTTPError", "code": 7}},
    {"error": {"message": "Access Denied", "name": "HTTPError"}, "more": []},
]

_errors = st.sampled_from(
    [*map(_error, _MESSAGES * 2), *_NEARLY_DENIED, {"error": None}, {"error": "x"}, {"error": {}}]
)

_MANGLED = {
    "as it is": lambda body: body,
    "cut short": lambda body: body[:-1],
    "doubled": lambda body: body * 2,
    "with a mark in front": lambda body: b"\xef\xbb\xbf" + body,
    "in UTF-16": lambda body: body.decode("utf-8", "surrogatepass").encode("utf-16", "surrogatepass"),
    "with a byte that is none": lambda body: body.replace(b"o", b"\xff", 1),
    "with spaces around": lambda body: b" \r\n" + body + b"\n",
    "wrapped": lambda body: b'{"data": ' + body + b"}",
    "in one more list": lambda body: b"[" + body + b"]",
    "with a comment": lambda body: b"// \n" + body,
    "with more behind": lambda body: body + b"x",
    "not a number": lambda body: body.replace(b"true", b"NaN", 1),
    "nested without end": lambda body: b"[" * 5000 + body,
    "a page": lambda body: b"<html>" + body,
}

_STATUSES = [200] * 80 + [201, 204, 206, 301, 400, 401, 403, 404, 429, 500, 503, 99, 999]


def _told(content: st.SearchStrategy[Any]) -> st.SearchStrategy[Told]:
    def sent(content: Any, mangle: str, status: int, escape: bool) -> Told:
        text = json.dumps(content, ensure_ascii=escape)
        return Told(status, _MANGLED[mangle](text.encode("utf-8", "surrogatepass")))

    manner = by_weight(not_=(24, st.just("as it is")), so=(1, st.sampled_from(list(_MANGLED))))
    plain = st.builds(sent, content, manner, st.sampled_from(_STATUSES), st.booleans())
    statuses = st.sampled_from([200, 401, 403, 403, 403, 429, 503])
    denied = st.builds(sent, _errors, st.just("as it is"), statuses, st.just(True))
    return by_weight(plain=(9, plain), denied=(1, denied))


_key = _entries()
_GOOD = {"id": KEY_ID, "permissions": ["order"], "cidr": HOME, "enabled": True}

_keys = by_weight(
    few=(3, st.lists(_key, min_size=1, max_size=3)),
    last=(1, st.builds(lambda many, key: [_GOOD] * many + [key], st.integers(1, 10), _key)),
)

listed = _told(by_weight(keys=(9, _keys), none=(1, st.just([])), one=(1, _key), junk=(1, junk)))
itself = _told(by_weight(key=(9, _key), keys=(1, _keys), junk=(1, junk)))

POLICIES: list[dict[str, Any]] = [
    {},
    {},
    {"max_ip_addresses": 2},
    {"max_ip_addresses": 256},
    {"max_ip_addresses": 1000},
    {"max_ip_addresses": 2**33},
    *[{"max_ip_addresses": 2**128}] * 2,
    {"ip_within": ["203.0.113.0/28"]},
    {"ip_within": [HOME], "max_ip_addresses": 256},
    {"ip_within": ["203.0.113.0/29", "203.0.113.8/30", "2001:db8::1"], "max_ip_addresses": 4},
    {"allowed_permissions": ["order"], "required_permissions": []},
    {"allowed_permissions": ["order", "orderCancel", "position", "transfer"], "required_permissions": ["order"]},
    {"allowed_permissions": ["orderCancel"], "required_permissions": ["orderCancel"]},
]

policies = st.sampled_from(POLICIES)
