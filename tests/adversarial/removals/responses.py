"""Attacks by what the exchange says."""

from __future__ import annotations

from tests.adversarial.removals.removal import Removal, replace

_ANY_RESPONSE = "adversarial/test_answers.py::test_no_answer_is_admitted_that_the_oracle_would_not_admit"
_ANY_FAULT = "adversarial/test_faults.py::test_a_fault_has_its_verdict_its_cause_and_its_bounds_as_documented"

RESPONSES = (
    Removal(
        _ANY_RESPONSE,
        "the limit of half the Internet",
        replace(
            "model.networks:admits_everyone",
            """
            def admits_everyone(networks):
                return any(block.network_address.is_unspecified for block in networks)
            """,
        ),
    ),
    Removal(
        _ANY_RESPONSE,
        "that an error which is almost the known denial is no denial",
        replace(
            "exchanges.bitmex.keys:_is_denied",
            """
            def _is_denied(response):
                return response.status == 403 and b"error" in response.body
            """,
        ),
    ),
    Removal(
        _ANY_RESPONSE,
        "the search for fields that are almost those that decide",
        replace(
            "exchanges.bitmex.keys:_could_override",
            """
            def _could_override(name, value):
                return False
            """,
        ),
    ),
    Removal(
        "adversarial/test_listed_twice.py::test_the_order_decides_nothing_and_no_entry_hides_another",
        "that every entry is judged",
        replace(
            "exchanges.bitmex.keys:read_keys",
            """
            def read_keys(session, key_id):
                listing = original_read_keys(session, key_id)
                return KeyListing(listing.entries[:1], listing.siblings)
            """,
        ),
    ),
    Removal(
        _ANY_FAULT,
        "that a redirect is no response",
        replace(
            "client.http:BoundedSession.request",
            """
            def request(self, method, url, **options):
                options["headers"] = {**options["headers"], "Accept-Encoding": "identity"}
                self.request_count += 1
                response = super().request(method, url, **options | {"timeout": self.seconds})
                self.log.response = Response(response.status_code, {}, response.content, time.time())
                return response
            """,
        ),
        cases="redirect",
    ),
    Removal(
        _ANY_FAULT,
        "the limit of 4 MB",
        replace(
            "client.http:_read_body",
            """
            def _read_body(response, limit):
                return original__read_body(response, 1 << 40)
            """,
        ),
        cases="chunks_without_end or chunks",
    ),
    Removal(
        "e2e/test_freqtrade.py::test_a_key_that_does_not_pass_starts_no_bot",
        "that what acts on a terminal becomes a question mark",
        replace(
            "redaction.sanitize:sanitize",
            """
            def sanitize(text, limit=80):
                return redact(text)[:limit]
            """,
        ),
        cases="permission-not-allowed",
    ),
    Removal(
        "integration/test_check.py::test_key_and_secret_in_a_response_are_never_shown",
        "that text from outside is redacted",
        replace(
            "redaction.sanitize:sanitize",
            """
            def sanitize(text, limit=80):
                return text[:limit]
            """,
        ),
    ),
)
