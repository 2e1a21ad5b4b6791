"""What the pages promise, and the test of each: a sentence that changes takes its test along, or goes."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from tests.docs.pages import ROOT

BREAKS = "integration/test_check.py::test_a_key_that_breaks_the_policy_is_refused"
ANSWERS = "adversarial/test_answers.py::test_no_answer_is_admitted_that_the_oracle_would_not_admit"
SETTINGS = "unit/client/test_settings.py"
IN_CONFIG = f"{SETTINGS}::test_credentials_in_the_exchange_section_are_misconfigured_unless_they_are_empty"
CARELESS = "adversarial/test_messages.py::test_a_strategy_that_logs_everything_at_vvv_leaks_no_secret"

# By page: a piece of it, word for word, and the test.
PROMISES: dict[str, dict[str, str]] = {
    "README.md": {
        "A permission to withdraw, or any other permission beyond the allowed ones: **refused**": BREAKS,
        "No IP restriction, or more allowed IPs than your policy permits: **refused**": BREAKS,
        "An exchange that does not report it": "exchanges/test_unverifiable.py::",
        "answers oddly": ANSWERS,
        "or cannot be reached: **not started** until the key is verified": (
            "e2e/test_freqtrade.py::test_an_exchange_that_reports_nothing_starts_no_bot"
        ),
        "It also checks the account around the key": (
            "integration/test_account.py::test_a_careless_account_is_reported_all_at_once"
        ),
        "never from freqtrade's config": IN_CONFIG,
        "refused on a key that can withdraw, running on a good one": (
            "e2e/test_trade_command.py::test_the_demo_shows_the_main_job_in_under_a_minute"
        ),
        "It needs freqtrade 2026.8 or later and Python 3.11 to 3.14": "test_package.py::",
        "writes nothing before the key has passed the check": (
            "e2e/test_wizard.py::test_a_refused_key_changes_nothing_and_setup_can_start_over"
        ),
        "Check the key at any time, without starting anything": (
            "e2e/test_check_command.py::test_the_preflight_admits_a_good_key_and_writes_nothing"
        ),
        "plain `freqtrade trade -c config.json` starts a guarded bot": (
            "e2e/test_new_user.py::test_setup_alone_is_enough_from_no_key_to_a_guarded_bot"
        ),
        "On an exchange that is not listed the guard starts nothing and says so": (
            "integration/test_check_failures.py::test_a_wrong_config_sends_no_request_and_opens_no_store"
        ),
        "can move money out, whatever the policy says": (
            "unit/config/test_section.py::test_no_spelling_of_a_withdraw_permission_is_accepted"
        ),
        "Every field has a default": "docs/test_pages.py::test_the_section_that_is_shown_as_default_is_the_default",
    },
    "docs/pages/agent.md": {
        "| BitMEX | spot, futures |": "agent/test_two_users.py::test_a_bot_enters_and_leaves_a_trade_through_the_agent",
        "| Bybit | spot, futures |": "agent/test_two_users.py::test_a_bot_on_another_exchange_runs_behind_the_agent",
        "Others are refused": "agent/test_routes.py::test_an_exchange_without_a_table_starts_nothing",
        "An order without an answer is never sent again": (
            "agent/test_replies.py::test_an_order_without_an_answer_is_never_asked_again"
        ),
    },
    "SECURITY.md": {"which you can run": "adversarial/test_attack_list.py::test_an_attack_is_a_test_that_exists"},
    "docs/pages/security/threat-model.md": {
        "read the secret, in memory": (
            "agent/test_two_users.py::test_a_hostile_strategy_gets_no_secret_and_nothing_outside_the_table"
        ),
        "withdraw, transfer, list or make": "agent/test_messages.py::test_a_never_route_is_refused",
        "have something signed and keep it": (
            "agent/test_messages.py::test_an_agent_that_carries_signs_nothing_for_the_bot"
        ),
        "trade another pair, larger": "agent/test_limits.py::test_pairs_and_order_types_are_those_of_the_config",
        "choose the policy": "agent/test_boundary.py::test_a_config_that_others_can_write_is_refused",
        "wipe its traces": "agent/test_record.py::test_no_agent_starts_on_a_record_that_was_touched",
        "stop its own stop-loss": "agent/test_limits.py::test_exits_have_a_budget_of_their_own",
        "what fails anywhere becomes a refusal": "adversarial/test_bypass.py::test_an_error_anywhere_builds_no_bot",
        "is a warning by default": "unit/rules/test_engine.py::",
        "a config file, a second `-c` or a variable that gives freqtrade another key, server or proxy": (
            "adversarial/test_both_ways.py::test_what_gets_by_freqtrade_alone_does_not_get_by_the_guard"
        ),
        "`freqtrade-bitmex-guard trade` does not start live without the section": (
            "unit/plugin/test_start_guard.py::test_a_required_guard_refuses_an_unguarded_config"
        ),
        "the check follows no redirect": (
            "integration/test_check_transport.py::test_a_redirect_is_not_followed_and_nothing_signed_goes_elsewhere"
        ),
        "has a verdict of its own": (
            "adversarial/test_faults.py::test_a_fault_has_its_verdict_its_cause_and_its_bounds_as_documented"
        ),
        "that a simple oracle would not admit": ANSWERS,
        "it starts, signs nothing and fails at its first balance": (
            "e2e/test_unguarded.py::test_without_its_pth_line_plain_freqtrade_has_no_key_at_all"
        ),
        "`freqtrade-bitmex-guard trade` guards all the same": (
            "e2e/test_trade_command.py::test_the_launcher_needs_no_pth_line"
        ),
        "freqtrade's internals have changed": (
            "e2e/test_freqtrade_hooks.py::test_a_guard_that_cannot_be_installed_lets_no_bot_start"
        ),
        "one filter before every log handler, one before standard output and error": CARELESS,
        "in child processes of `multiprocessing`": (
            "unit/redaction/test_children.py::test_no_child_process_shows_a_secret"
        ),
        "in HTML, a URL, hexadecimal, base32, base64": (
            "adversarial/test_log.py::test_no_log_record_shows_a_secret_in_any_form"
        ),
        "the limit is 0 before the store is read": (
            "unit/redaction/test_children.py::test_core_dumps_are_forbidden_before_a_store_is_asked"
        ),
        "`LimitCORE=0` in the systemd unit": "docs/test_example_deployment.py::test_no_example_leaves_a_core_dump",
        "show it to no `repr`": "unit/redaction/test_opaque.py::test_what_holds_a_secret_is_not_printed",
        "pickle or copy": (
            "unit/redaction/test_opaque.py::test_what_holds_a_secret_is_not_pickled_copied_or_taken_apart"
        ),
        "at the next reload a bot without the hook has no key": (
            "adversarial/test_bypass_processes.py::test_a_strategy_that_removes_the_hook_has_no_key_after_a_reload"
        ),
        "they are compared once, when they are built": (
            "unit/check/test_admission.py::test_a_client_that_freqtrade_builds_is_compared_with_the_admission"
        ),
        "Our own commands do not": (
            "e2e/test_check_command.py::test_unreadable_configs_and_wrong_usage_end_with_4_without_secrets"
        ),
    },
    "docs/pages/configuration.md": {
        "with `false`, freqtrade behaves as if nothing were installed": (
            "e2e/test_unguarded.py::test_without_an_enabled_section_freqtrade_runs_as_if_unguarded"
        ),
        "a misspelt name of the section where the right one is missing": (
            "unit/config/test_guard_state.py::test_a_misspelled_section_is_misconfigured"
        ),
        "Any other permission refuses it, unknown words included": BREAKS,
        "`withdraw` cannot be written here": (
            "unit/config/test_section.py::test_no_spelling_of_a_withdraw_permission_is_accepted"
        ),
        "A key without an IP restriction is refused whatever the policy says": (
            "unit/rules/test_ip_restriction.py::test_an_unrestricted_key_is_found_whatever_the_policy"
        ),
        "half of the Internet or more": "unit/model/test_networks.py::test_half_of_either_internet_is_everyone",
        "IPv6 blocks that hold IPv4 addresses count as these IPv4 addresses": (
            "unit/model/test_held_ipv4.py::test_blocks_that_hold_half_of_ipv4_mean_everyone"
        ),
        "but every start warns": "integration/test_check.py::test_each_check_warns_of_a_wide_policy",
        "with three requests at most, side by side": (
            "integration/test_account.py::test_the_queries_run_in_parallel_and_share_the_remaining_time"
        ),
        "Only ccxt settings that the guard knows are allowed": (
            f"{SETTINGS}::test_settings_that_make_answers_untrustworthy_are_misconfigured_in_every_block"
        ),
        "where nothing in the installed ccxt reads them": (
            "unit/client/test_setting_names.py::test_settings_without_effect_change_nothing_in_ccxt"
        ),
        "refused unless both name the same proxy": (
            "unit/client/test_proxies.py::test_settings_that_name_one_proxy_are_accepted"
        ),
        "less than 500 is refused": "unit/client/test_setting_names.py::test_seconds_taken_for_milliseconds_are_named",
        "ccxt clients log nothing at `-vvv`": CARELESS,
    },
    "docs/pages/installation.md": {
        "This changes neither freqtrade nor ccxt": (
            "test_package.py::test_only_the_extra_of_a_dropped_exchange_bounds_ccxt"
        ),
        "If the guard cannot be installed into freqtrade, no bot starts": (
            "unit/plugin/test_import_hook.py::test_no_bot_starts_if_the_hooks_cannot_be_installed"
        ),
        "it holds no secret": "adversarial/test_leak_search.py::test_a_test_that_brings_a_secret_out_fails",
    },
    "docs/pages/audit.md": {
        "The exit code is that of the preflight": (
            "integration/test_audit.py::test_its_exit_codes_are_those_of_the_check"
        ),
        "It starts nothing": "integration/test_audit.py::test_an_account_in_order_is_a_short_report",
    },
}

ROWS = [(page, words, test) for page, promises in PROMISES.items() for words, test in promises.items()]


@cache
def page_text(page: str) -> str:
    return re.sub(r"\s+", " ", (ROOT / page).read_text(encoding="utf-8"))


@cache
def names_in(file: str) -> set[str]:
    tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


@pytest.mark.parametrize(("page", "words", "test"), ROWS, ids=lambda part: part if " " in part else "")
def test_each_promise_is_on_its_page_and_has_its_test(page: str, words: str, test: str) -> None:
    assert words in page_text(page), "Change it here, too, and look whether the test still shows it."
    file, _, name = test.partition("::")
    assert name in names_in(file) if name else names_in(file)


@pytest.mark.parametrize("page", sorted(PROMISES))
def test_a_page_promises_nothing_that_no_test_can_show(page: str) -> None:
    big_words = r"\b(guarantee|impossible|unbreakable|bulletproof|100 ?%|fully secure|faithful|every attack)"
    assert re.findall(big_words, page_text(page), re.IGNORECASE) == []


def test_the_readme_names_no_finding_as_refused_that_only_warns() -> None:
    from freqtrade_bitmex_guard.model.catalogue import FINDINGS
    from freqtrade_bitmex_guard.rules import RULES

    named = set(re.findall(r"findings\.md#([\w-]+)", page_text("README.md")))
    warnings = {rule.name for rule in RULES if rule.severity.value == "warning" or rule.can_be_accepted}
    assert named <= set(FINDINGS) - warnings
