"""One call from the wire to the answer: judged, recorded, signed, looked at again, sent."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from freqtrade_bitmex_guard.agent.budget import DAY, Budgets, Use
from freqtrade_bitmex_guard.agent.judge import Judge, Judged, Standing
from freqtrade_bitmex_guard.agent.record import Record, RecordError, Throttle, safe_params
from freqtrade_bitmex_guard.agent.refusal import Kind, RefusedError
from freqtrade_bitmex_guard.agent.second_look import SignedRequest
from freqtrade_bitmex_guard.agent.signer import Signer
from freqtrade_bitmex_guard.agent.standing import KeyStanding
from freqtrade_bitmex_guard.agent.table import Order
from freqtrade_bitmex_guard.client.transport_errors import TransportError
from freqtrade_bitmex_guard.redaction.sanitize import sanitize
from freqtrade_bitmex_guard.signing.wire import Call

logger = logging.getLogger("freqtrade_bitmex_guard")

_REFUSALS_RECORDED_PER_MINUTE = 60
_REFUSALS_SHOWN = 10
_COUNT_SECONDS = 600.0

LET_THROUGH = "let through"

# A ccxt error for each kind of failure; the bot's side raises it, and freqtrade knows it.
_TRANSPORT_ERRORS = {"timed-out": "RequestTimeout"}


@dataclass(frozen=True, slots=True)
class Peer:
    """Who asks, by the kernel's word.

    Attributes:
        uid: of the process at the other end, when it connected.
        pid: likewise, for the record only.
    """

    uid: int
    pid: int


class Desk:
    """Handles the calls of one bot."""

    def __init__(self, judge: Judge, budgets: Budgets, record: Record, signer: Signer, standing: KeyStanding) -> None:
        """Take the parts, and count the budgets that the record shows as used.

        Args:
            judge: decides.
            budgets: are counted here.
            record: is written before anything leaves.
            signer: signs and sends.
            standing: of the key.
        """
        self._judge = judge
        self._budgets = budgets
        self._record = record
        self._signer = signer
        self._standing = standing
        self._lock = threading.Lock()
        self._reads: Counter[str] = Counter()
        self._counted_at = time.monotonic()
        self._refusals = Throttle(_REFUSALS_RECORDED_PER_MINUTE)
        self.last_refusals: deque[dict[str, str]] = deque(maxlen=_REFUSALS_SHOWN)
        self._restore_budgets()

    def handle(self, call: Call, peer: Peer) -> dict[str, Any]:
        """Handle one call.

        Args:
            call: from the wire.
            peer: who asks.

        Returns:
            `answer`, `signed` or `error`, as the wire has them.
        """
        try:
            judged = self._judge.judge(call, self._standing.now)
            wait = self._book(judged, peer)
            time.sleep(wait)
            request = self._sign(judged)
            if call.operation == "sign":
                return {"signed": _signed(request)}
            return {"answer": self._signer.send(request, judged.route.kind)}
        except RefusedError as refusal:
            return self._refuse(refusal, call, peer)
        except TransportError as problem:
            name = _TRANSPORT_ERRORS.get(problem.finding, "NetworkError" if problem.transient else "ExchangeError")
            return {"error": {"name": name, "text": f"{problem.finding}: {problem}"}}

    def status(self) -> dict[str, Any]:
        """Return what `agent status` shows of budgets, refusals and the record."""
        with self._lock:
            return {
                "budgets": self._budgets.remaining(),
                "refusals": list(self.last_refusals),
                "record": {"head": self._record.head, "lines": self._record.count},
            }

    def note(self, event: str, **details: Any) -> None:
        """Record something that is no call, such as a start."""
        with self._lock:
            self._append({"kind": event, **details}, durable=False)

    def flush_counts(self, *, now: bool = False) -> None:
        """Record how often each read was made, and how many refusals were only counted, every ten minutes."""
        with self._lock:
            if not now and time.monotonic() - self._counted_at < _COUNT_SECONDS:
                return
            self._counted_at = time.monotonic()
            reads, refusals = dict(self._reads), self._refusals.take()
            self._reads.clear()
            if reads or refusals:
                self._append({"kind": "counts", "reads": reads, "refused": refusals}, durable=False)

    def _book(self, judged: Judged, peer: Peer) -> float:
        """Check the budgets, record the call and count it; return how long to wait before it is sent."""
        with self._lock:
            # Judged without the lock, because a price may have to be asked for; the key may have failed meanwhile.
            if judged.use is None:
                self._reads[judged.route.name] += 1
                return self._signer.throttle_seconds(judged.route)
            self._budgets.check(judged.use, judged.value)
            if self._standing.now is not Standing.ALL and judged.use in (Use.ENTRY, Use.LEVERAGE):
                raise RefusedError("standing", "the key does not pass its check any more", judged.route.kind)
            try:
                self._record.append(_entry_of(judged, judged.use, peer), durable=True)
            except RecordError:
                logger.warning("Signing agent: the record cannot be written, so nothing that opens a position leaves.")
                if judged.use in (Use.ENTRY, Use.LEVERAGE):
                    raise RefusedError("record", "the record cannot be written", judged.route.kind) from None
            self._budgets.use(judged.use, judged.value)
            return self._signer.throttle_seconds(judged.route)

    def _sign(self, judged: Judged) -> SignedRequest:
        with self._lock:
            return self._signer.sign(judged)

    def _refuse(self, refusal: RefusedError, call: Call, peer: Peer) -> dict[str, Any]:
        kind = refusal.kind
        route = sanitize(f"{call.verb} {'/'.join(call.api)} {call.path}", 120)
        with self._lock:
            self.last_refusals.append({"limit": refusal.limit, "text": refusal.text, "route": route})
            if self._refusals.admits():
                logger.warning("Signing agent: refused %s: %s", route, refusal)
                entry = {
                    "kind": kind.value if kind else "unknown",
                    "route": route,
                    "params": safe_params(call.params),
                    "verdict": f"refused: {refusal.limit}",
                    "peer": {"uid": peer.uid, "pid": peer.pid},
                }
                self._append(entry, durable=False)
        name = "InvalidOrder" if kind in (Kind.ORDER, Kind.LEVERAGE) else "PermissionDenied"
        return {"error": {"name": name, "text": f"refused by the signing agent: {refusal}", "limit": refusal.limit}}

    def _append(self, entry: Mapping[str, Any], *, durable: bool) -> None:
        try:
            self._record.append(entry, durable=durable)
        except RecordError:
            logger.warning("Signing agent: the record cannot be written.")

    def _restore_budgets(self) -> None:
        for entry in self._record.since(DAY):
            if entry.get("verdict") == LET_THROUGH:
                value = entry.get("value")
                moment = datetime.fromisoformat(entry["time"]).timestamp()
                self._budgets.use(Use(entry["use"]), None if value is None else Decimal(value), moment)


def _entry_of(judged: Judged, use: Use, peer: Peer) -> dict[str, Any]:
    """Return the line of the record for a call that is let through."""
    entry: dict[str, Any] = {
        "kind": judged.route.kind.value,
        "use": use.value,
        "route": judged.route.name,
        "params": dict(judged.params),
        "verdict": LET_THROUGH,
        "peer": {"uid": peer.uid, "pid": peer.pid},
    }
    subject = judged.subject
    if judged.value is not None:
        entry["value"] = str(judged.value)
    if subject is not None and subject.market is not None:
        entry["pair"] = subject.market.symbol
    if isinstance(subject, Order):
        entry["type"] = subject.type
    elif subject is not None and subject.leverage is not None:
        entry["leverage"] = str(subject.leverage)
    return entry


def _signed(request: SignedRequest) -> dict[str, Any]:
    return {"url": request.url, "method": request.verb, "headers": dict(request.headers), "body": request.body}
