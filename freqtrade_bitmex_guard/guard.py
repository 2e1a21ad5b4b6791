"""The one story: load the credentials, ask the exchange, apply the rules, hand out the verdict."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from freqtrade_bitmex_guard import bounded, rules, venues
from freqtrade_bitmex_guard import config as configuration
from freqtrade_bitmex_guard.config import GuardConfig
from freqtrade_bitmex_guard.credentials import open_store
from freqtrade_bitmex_guard.credentials.interface import READING_SECONDS
from freqtrade_bitmex_guard.credentials.secret import Credentials
from freqtrade_bitmex_guard.exchange import client
from freqtrade_bitmex_guard.exchange.client import Proven
from freqtrade_bitmex_guard.facts import together
from freqtrade_bitmex_guard.findings import Finding, Stopped, error, stop
from freqtrade_bitmex_guard.redaction import harmless, hide
from freqtrade_bitmex_guard.verdict import Verdict, ordered

_GRACE_SECONDS = 0.5


class Check:
    """One check of one bot's key.

    Attributes:
        proven: the key and the route that were shown to be fine, once `run` has admitted them.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        """Take freqtrade's whole, merged config; nothing is read or asked yet."""
        self.proven: Proven | None = None
        self._config = config
        self._verdict = Verdict(findings=())
        self._requests: Callable[[], int] = lambda: 0

    def run(self) -> Verdict:
        """Carry the check out, once.

        Returns:
            The verdict. Every failure becomes one, the guard's own bugs included; only KeyboardInterrupt gets out.
        """
        began = time.monotonic()
        findings: list[Finding] = []
        with _caught(findings):
            self._carry_out(findings)
        self._verdict = replace(
            self._verdict,
            findings=ordered(findings),
            requests=self._requests(),
            duration_ms=round((time.monotonic() - began) * 1000),
        )
        if not self._verdict.admitted:
            self.proven = None
        return self._verdict

    def _carry_out(self, findings: list[Finding]) -> None:
        exchange = self._exchange()
        self._verdict = replace(self._verdict, exchange=harmless(str(exchange.get("name", ""))).lower() or None)
        if configuration.wanted(self._config) is None:
            stop(
                "section-missing",
                "The config has no api_key_guard section, so a bot started with it is not guarded.",
                'Add "api_key_guard": {} for a key in the system\'s keyring; the README has the other stores.',
            )
        venue = venues.find(exchange.get("name"))
        section: GuardConfig = configuration.read(self._config[configuration.SECTION], venue.terms)
        line = client.build(exchange, venue.terms, section.allowed_hosts)
        credentials = self._credentials(section, venue.terms.exchange)
        hide(credentials.secret.reveal())
        hide(credentials.key.reveal(), credentials.masked)
        self._verdict = replace(self._verdict, key=credentials.masked)
        conversation = line.conversation(credentials, venue.terms, section.timeout_seconds)
        self._requests = lambda: conversation.sent
        facts = venue.read_key(conversation.ask, credentials.key.reveal())
        for entry in (*facts, together(facts)):
            findings += rules.apply(entry, section.policy, venue.terms)
        # Facts are handed out only now: a verdict without facts cannot admit, whatever fails above.
        self._verdict = replace(self._verdict, facts=facts)
        self.proven = Proven(credentials, line.route, venue.terms, tuple(section.allowed_hosts))

    def _exchange(self) -> Mapping[str, Any]:
        exchange = self._config.get("exchange")
        if not isinstance(exchange, dict):
            stop("exchange-unknown", "The config has no exchange section.", 'Write "exchange": {"name": …}.')
        return exchange

    @staticmethod
    def _credentials(section: GuardConfig, exchange: str) -> Credentials:
        store = open_store(section.credentials, exchange)
        try:
            # A little longer, so that a store that minds its time can say itself what hung.
            return bounded.run(store.load, READING_SECONDS + _GRACE_SECONDS, store.cancel)
        except TimeoutError:
            stop(
                "store-timed-out",
                f"The credential store did not answer within {READING_SECONDS:.0f} seconds: it may be waiting for "
                "somebody to unlock it.",
                "Unlock it in the session of the user that the bot runs as, or use the store files or command.",
            )
        except (Stopped, KeyboardInterrupt):
            raise
        except BaseException as problem:
            stop(
                "store-unavailable",
                f"The credential store failed ({type(problem).__name__}).",
                "Read an entry by hand as the user that the bot runs as, for example with `keyring get`.",
            )


@contextmanager
def _caught(findings: list[Finding]) -> Iterator[None]:
    try:
        yield
    except Stopped as end:
        findings += end.findings
    except KeyboardInterrupt:
        raise
    except BaseException as bug:
        findings.append(internal_error(bug))


def internal_error(bug: BaseException) -> Finding:
    """The finding for a bug in the guard. Its message is left out, for nothing shows that it holds no secret."""
    trace = bug.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f" in {Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else ""
    return error(
        "internal-error",
        f"The guard itself failed: {type(bug).__name__}{where} (Python {sys.version_info[0]}.{sys.version_info[1]}). "
        "Nothing was shown to be fine, so nothing starts.",
        "Report it with this line; it holds no secret. To run unguarded, take the api_key_guard section out and put "
        "the credentials back into freqtrade's config.",
    )
