"""Attacks that end without a guard, and failures of the guard itself."""

from __future__ import annotations

from tests.adversarial.removals.removal import Removal, replace

_LAUNCH_WITHOUT_INSTALLING = replace(
    "plugin.launch:trade",
    """
    def trade(argv, config_files, *, wait_seconds):
        import_hook.install_in = lambda module: None
        return original_trade(argv, config_files, wait_seconds=wait_seconds)
    """,
)

_FAIL_OPEN = replace(
    "plugin.start_guard:fail_closed",
    """
    @contextmanager
    def fail_closed(config=None):
        try:
            yield
        except GuardError as problem:
            raise StartRefused(_verdict_of(problem, config)) from None
    """,
)

START = (
    Removal(
        "e2e/test_trade_command.py::test_the_launcher_needs_no_pth_line",
        "that the launcher installs the guard itself",
        _LAUNCH_WITHOUT_INSTALLING,
    ),
    Removal(
        "adversarial/test_bypass_processes.py::test_another_finder_that_loads_freqtrade_first_does_not_bypass_the_launcher",
        "that the launcher installs the guard itself",
        _LAUNCH_WITHOUT_INSTALLING,
    ),
    Removal(
        "e2e/test_freqtrade_hooks.py::test_a_bot_module_imported_before_the_guard_is_still_guarded",
        "that a bot module which is loaded already is guarded",
        replace(
            ":arm",
            """
            def arm():
                sys.meta_path.insert(0, BotModuleFinder)
            """,
        ),
    ),
    Removal(
        "e2e/test_freqtrade_hooks.py::test_optimised_python_runs_the_same_check",
        "that nothing rests on `assert`",
        replace(
            "rules.permissions:withdraw_permission",
            """
            def withdraw_permission(evidence, policy, profile):
                return original_withdraw_permission(evidence, policy, profile) if __debug__ else iter(())
            """,
        ),
    ),
    Removal(
        "e2e/test_freqtrade_hooks.py::test_a_guard_that_cannot_be_installed_lets_no_bot_start",
        "that every start is refused where the guard cannot be installed",
        replace(
            "plugin.import_hook:_refuse_every_start",
            """
            def _refuse_every_start(module, problem):
                pass
            """,
        ),
    ),
    Removal(
        "e2e/test_freqtrade_hooks.py::test_a_bot_whose_clients_were_never_compared_leaves_no_server",
        "that a bot's clients have to be those that were compared",
        replace(
            "plugin.start_guard:StartGuard.verify_bot_clients",
            """
            def verify_bot_clients(self, exchange):
                pass
            """,
        ),
    ),
    Removal(
        "unit/plugin/test_start_guard.py::test_a_credential_that_ccxt_signs_with_in_dry_run_is_a_warning",
        "the search for credentials in dry-run",
        replace(
            "plugin.unguarded:log_dry_run",
            """
            def log_dry_run(config):
                pass
            """,
        ),
    ),
    Removal(
        "unit/plugin/test_start_guard.py::test_everything_but_true_counts_as_live",
        "that only true is dry-run",
        replace(
            "plugin.start_guard:StartGuard._check",
            """
            def _check(self, config):
                return self.original__check({**config, "dry_run": bool(config.get("dry_run"))})
            """,
        ),
    ),
    Removal(
        "unit/plugin/test_reload_and_wait.py::test_only_an_explicit_switch_lets_a_reload_go_unguarded",
        "that a guarded bot stays guarded",
        replace(
            "plugin.start_guard:StartGuard._check",
            """
            def _check(self, config):
                self.admission = None
                return self.original__check(config)
            """,
        ),
    ),
    Removal(
        "e2e/test_freqtrade.py::test_a_misconfigured_check_starts_no_bot",
        "the search for names that are almost the section's",
        replace(
            "config.parse:_misspelled_names",
            """
            def _misspelled_names(config):
                return iter(())
            """,
        ),
        cases="misnamed",
    ),
)

FAILURES = (
    Removal(
        "adversarial/test_bypass.py::test_an_error_anywhere_builds_no_bot",
        "that every failure becomes freqtrade's refusal",
        _FAIL_OPEN,
        cases="guard_state",
    ),
    Removal(
        "e2e/test_freqtrade_hooks.py::test_every_exception_of_the_guard_refuses_the_start",
        "that every failure becomes freqtrade's refusal",
        _FAIL_OPEN,
    ),
    Removal(
        "e2e/test_freqtrade_hooks.py::test_a_keyring_backend_that_ends_the_process_is_a_refusal",
        "that everything a store raises counts as a failure",
        replace(
            "credentials.access:with_timeout",
            """
            def with_timeout(store, work, *, writes=False):
                ended = []

                def work_or_end():
                    try:
                        return work()
                    except SystemExit as end:
                        ended.append(end)
                        raise

                try:
                    return original_with_timeout(store, work_or_end, writes=writes)
                except GuardError as problem:
                    raise ended[0] if ended else problem from None
            """,
        ),
    ),
    Removal(
        "unit/cli/test_main.py::test_whatever_breaks_is_a_bug_and_no_admission",
        "that a SystemExit is a bug",
        replace(
            "cli.dispatch:main",
            """
            def main(arguments=None):
                try:
                    return _run(sys.argv[1:] if arguments is None else arguments, own_process=arguments is None)
                except Exception:
                    return EXIT_INTERNAL_ERROR
            """,
        ),
    ),
    Removal(
        "e2e/test_freqtrade_hooks.py::test_ctrl_c_during_the_check_ends_with_130",
        "that Ctrl-C is no finding",
        replace(
            "model.findings:failures_as_findings",
            """
            @contextmanager
            def failures_as_findings(findings):
                try:
                    yield
                except GuardError as problem:
                    findings += problem.findings
                except BaseException as problem:
                    findings.append(internal_error(problem))
            """,
        ),
    ),
)
