"""The attacks that are run once more without their defence, in the order of evidence/adversarial.md."""

from __future__ import annotations

from tests.adversarial.removals.client import CLIENT
from tests.adversarial.removals.output import OUTPUT
from tests.adversarial.removals.responses import RESPONSES
from tests.adversarial.removals.start import FAILURES, START
from tests.adversarial.removals.text import TEXT

REMOVALS = (*CLIENT, *START, *FAILURES, *RESPONSES, *OUTPUT, *TEXT)

NOT_REMOVABLE = {
    "test_without_its_pth_line_plain_freqtrade_has_no_key_at_all": "the defence is that the config never holds a key",
    "test_a_strategy_that_removes_the_hook_has_no_key_after_a_reload": "the same",
    "test_both_forms_of_the_line_that_arms_the_guard_are_installed": "no Python that reads the file exists yet",
    "test_an_object_that_logs_itself_costs_no_more_with_the_filter": "without it, the test would not end",
    "test_a_test_that_brings_a_secret_out_fails": "it is a test of the tests, and its cases leak secrets",
    "test_a_run_that_brings_a_secret_out_beside_its_tests_fails": "the same",
    "test_a_collection_that_prints_a_secret_fails": "the same",
}
"""Attacks whose defence cannot be removed from the package, and why."""
