"""Attacks by another key, client, server or exchange."""

from __future__ import annotations

from tests.adversarial.removals.removal import Removal, Replacement, replace

_TRUST_THE_ENVIRONMENT = replace(
    "client.http:BoundedSession.__init__",
    """
    def __init__(self, servers, most_bytes=MAX_BYTES):
        self.original___init__(servers, most_bytes)
        self.trust_env = True
    """,
)

_COMPARE_NO_CLIENT = Replacement(
    "plugin.start_guard:StartGuard.verify_client",
    """
    def verify_client(self, client):
        self.clients.append(client)
    """,
)

CLIENT = (
    Removal(
        "e2e/test_freqtrade.py::test_a_variable_that_changes_key_client_or_policy_starts_no_bot",
        "the search for credentials in config and variables",
        replace(
            "client.settings:find_credentials",
            """
            def find_credentials(exchange, profile, places=None):
                return iter(())
            """,
        ),
        cases="KEY or apiKey",
    ),
    Removal(
        "unit/client/test_settings.py::test_settings_that_make_answers_untrustworthy_are_misconfigured_in_every_block",
        "that a URL has to be plain",
        replace(
            "client.connection:Origin.of",
            """
            @classmethod
            def of(cls, url):
                try:
                    return cls.original_of(url)
                except ValueError:
                    return cls("https", "www.bitmex.com", 443)
            """,
        ),
    ),
    Removal(
        "e2e/test_freqtrade.py::test_a_misconfigured_check_starts_no_bot",
        "the search for relays",
        replace(
            "client.connection:check_connection",
            """
            def check_connection(route, allowed_hosts, profile):
                findings = original_check_connection(route, allowed_hosts, profile)
                return (finding for finding in findings if finding.name != "proxy-relay")
            """,
        ),
        cases="proxy-relay",
    ),
    Removal(
        "adversarial/test_bypass.py::test_no_variable_makes_an_unknown_authority_trusted",
        "that the session ignores variables",
        _TRUST_THE_ENVIRONMENT,
    ),
    Removal(
        "integration/test_check_transport.py::test_variables_do_not_redirect_the_check",
        "that the session ignores variables",
        _TRUST_THE_ENVIRONMENT,
    ),
    Removal(
        "adversarial/test_bypass.py::test_a_setting_that_changes_server_class_or_signer_is_misconfigured",
        "that only known settings are allowed",
        replace(
            "client.settings:invalid_settings",
            """
            def invalid_settings(exchange, profile, default_client):
                return iter(())
            """,
        ),
    ),
    Removal(
        "adversarial/test_bypass_processes.py::test_a_second_file_with_another_exchange_or_no_section_starts_no_bot",
        "that a section of null does not switch the guard off",
        replace(
            "config.parse:guard_state",
            """
            def guard_state(config):
                return GuardState.ABSENT if config.get(SECTION) is None else original_guard_state(config)
            """,
        ),
    ),
    Removal(
        "adversarial/test_bypass_processes.py::test_a_keyring_that_would_change_its_answer_is_read_once",
        "that the store is read once",
        (
            Replacement(
                "check.admission:Admission.injected",
                """
                @contextmanager
                def injected(self, exchange):
                    from freqtrade_bitmex_guard.credentials import open_store
                    from freqtrade_bitmex_guard.credentials.access import load

                    store = open_store(self.section.credentials, self.profile.id)
                    with self.original_injected(exchange):
                        exchange.update(load(store, self.profile.credentials).for_freqtrade())
                        yield
                """,
            ),
            _COMPARE_NO_CLIENT,
        ),
    ),
    Removal(
        "adversarial/test_bypass_processes.py::test_the_client_of_websockets_is_compared_as_well",
        "that all three clients are compared",
        (
            Replacement(
                "plugin.start_guard:StartGuard.verify_client",
                """
                def verify_client(self, client):
                    return None if self.clients[1:] else self.original_verify_client(client)
                """,
            ),
            Replacement(
                "plugin.start_guard:StartGuard.verify_bot_clients",
                """
                def verify_bot_clients(self, exchange):
                    pass
                """,
            ),
        ),
    ),
    Removal(
        "e2e/test_freqtrade_hooks.py::test_a_client_with_another_key_is_caught_before_its_first_request",
        "that clients are compared as they are built",
        (_COMPARE_NO_CLIENT,),
    ),
)
