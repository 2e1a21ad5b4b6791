"""Every attack once more, with its defence taken out: then it has to get by, or it shows nothing.

    python -m tests.adversarial.without_defence [TEST...] > docs/pages/evidence/without.md

copies what git knows, runs the attack's test on the copy, which has to pass, takes one defence out of it, and runs the
test again, which has to fail. The attacks that are tried both ways (`test_both_ways.py`) need none of this: they get by
freqtrade alone each time.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


PACKAGE = "freqtrade_bitmex_guard"


@dataclass(frozen=True)
class Cut:
    """A place of the package, and what stands there once a defence is gone."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Without:
    """An attack's test, and the defence without which it gets by.

    Attributes:
        test: as pytest names it, from the folder tests on.
        defence: what is taken out, in words.
        cuts: and how.
        only: which of the test's cases to run, if not all (pytest's -k).
    """

    test: str
    defence: str
    cuts: tuple[Cut, ...]
    only: str = ""

    @property
    def name(self) -> str:
        """The test's own name."""
        return self.test.rpartition("::")[2]


def _cut(file: str, old: str, new: str) -> tuple[Cut, ...]:
    return (Cut(file, old, new),)


_EVERY_RECORD = _cut("redaction/output.py", "                _clear(record)\n", "                pass\n")


_EVERY_PRINT = _cut("redaction/output.py", "cleared(text, self._before)", "text")


_EVERY_MESSAGE = _cut(
    "plugin/rpc_hook.py", "send(*map(_cleared, told[:1]), *told[1:], **options)", "send(*told, **options)"
)


WITHOUT = [
    # Another key, client, server or exchange
    Without(
        "e2e/test_freqtrade.py::test_a_variable_that_changes_key_client_or_policy_starts_no_bot",
        "the look for credentials in config and variables",
        _cut("client/exchange_client.py", "*settings.credentials_in(exchange)]", "]"),
        only="KEY or apiKey",
    ),
    Without(
        "unit/client/test_connection.py::test_settings_that_make_it_untrustworthy_are_misconfigured_in_every_block",
        "that a URL has to be plain",
        _cut(
            "client/connection.py", 'raise ValueError("not a plain URL")', 'return cls("https", "www.bitmex.com", 443)'
        ),
    ),
    Without(
        "e2e/test_freqtrade.py::test_a_check_that_cannot_be_made_as_configured_starts_no_bot",
        "the look for relays",
        _cut("client/connection.py", "for name in route.forwarders:", "for name in ():"),
        only="proxy-relay",
    ),
    Without(
        "adversarial/test_bypass.py::test_no_variable_makes_an_unknown_authority_trusted",
        "that the session heeds no variables",
        _cut("client/http.py", "self.trust_env = False", "self.trust_env = True"),
    ),
    Without(
        "integration/test_check.py::test_variables_do_not_send_the_check_another_way",
        "that the session heeds no variables",
        _cut("client/http.py", "self.trust_env = False", "self.trust_env = True"),
    ),
    Without(
        "adversarial/test_bypass.py::test_a_client_setting_that_switches_server_class_or_signer_is_misconfigured",
        "that only known settings are allowed",
        _cut("client/settings.py", "if name not in _KNOWN and", "if name in _KNOWN and"),
    ),
    Without(
        "adversarial/test_bypass.py::"
        "test_a_second_file_that_names_another_exchange_or_switches_the_section_to_null_starts_no_bot",
        "that a section of null is no switch",
        _cut("config/section.py", "if SECTION not in config:", "if config.get(SECTION) is None:"),
    ),
    Without(
        "adversarial/test_bypass.py::test_a_keyring_that_answers_differently_the_second_time_is_asked_only_once",
        "that the store is read once",
        (
            Cut(
                "plugin/start_guard.py",
                "settings.place(exchange, proven.credentials.key.reveal(), proven.credentials.secret.reveal())",
                "again = check._credentials(check.section, proven.terms.exchange); "
                "settings.place(exchange, again.key.reveal(), again.secret.reveal())",
            ),
            Cut("plugin/start_guard.py", "GATE.judge(client)", "GATE.clients.append(client)"),
        ),
    ),
    Without(
        "adversarial/test_bypass.py::test_the_client_of_websockets_is_compared_as_well",
        "that all three clients are compared",
        (
            Cut("plugin/start_guard.py", "GATE.judge(client)", "GATE.clients[1:] or GATE.judge(client)"),
            Cut("plugin/start_guard.py", "held[:2] if held[2] is None else held", "held[:2]"),
        ),
    ),
    Without(
        "e2e/test_freqtrade.py::test_a_client_with_another_key_is_caught_before_its_first_request",
        "that clients are compared as they are built",
        _cut("plugin/start_guard.py", "GATE.judge(client)", "GATE.clients.append(client)"),
    ),
    # No guard at all
    Without(
        "e2e/test_commands.py::test_the_launcher_needs_no_pth_line",
        "that the launcher places the guard itself",
        _cut("plugin/launch.py", "    autoload.place(freqtradebot)\n", ""),
    ),
    Without(
        "adversarial/test_bypass.py::"
        "test_a_finder_that_loads_freqtrade_before_ours_does_not_get_the_launcher_past_the_guard",
        "that the launcher places the guard itself",
        _cut("plugin/launch.py", "    autoload.place(freqtradebot)\n", ""),
    ),
    Without(
        "e2e/test_freqtrade.py::test_a_bot_module_imported_before_the_guard_is_still_guarded",
        "the look for a module that is there already",
        _cut("__init__.py", "if BOT_MODULE in sys.modules:", "if False:"),
    ),
    Without(
        "e2e/test_freqtrade.py::test_optimised_python_checks_just_the_same",
        "that nothing rests on `assert`",
        _cut(
            "rules/permissions.py",
            "if moves_money(permission, terms):",
            "if moves_money(permission, terms) and __debug__:",
        ),
    ),
    Without(
        "e2e/test_freqtrade.py::test_a_guard_that_cannot_be_installed_lets_no_bot_start",
        "that a guard which cannot be placed refuses every start",
        _cut("plugin/import_hook.py", "        _refuse_every_start(module, problem)\n", "        pass\n"),
    ),
    Without(
        "e2e/test_freqtrade.py::test_a_bot_whose_clients_were_never_compared_leaves_no_server",
        "that a bot's clients have to be those that were compared",
        _cut("plugin/start_guard.py", "            GATE.confirm(bot.exchange)\n", ""),
    ),
    Without(
        "unit/plugin/test_start_guard.py::test_a_credential_that_ccxt_would_sign_with_in_dry_run_is_a_warning",
        "the look for credentials in dry-run",
        _cut("plugin/start_guard.py", 'settings.credentials_in(config.get("exchange") or {})', "()"),
    ),
    Without(
        "unit/plugin/test_start_guard.py::test_everything_but_true_counts_as_live",
        "that only true is dry-run",
        _cut("plugin/start_guard.py", 'if config.get("dry_run") is True:', 'if config.get("dry_run"):'),
    ),
    Without(
        "unit/plugin/test_start_guard.py::test_a_reload_whose_section_is_gone_is_refused_and_one_that_switches_it_off_is_not",
        "that a guarded bot stays one",
        _cut(
            "plugin/start_guard.py",
            "if self.required or (wanted is None and self.proven is not None):",
            "if self.required:",
        ),
    ),
    Without(
        "e2e/test_freqtrade.py::test_a_check_that_cannot_be_made_as_configured_starts_no_bot",
        "the look for names that are almost the section's",
        _cut("config/section.py", "    if nearly:\n", "    if False:\n"),
        only="misnamed",
    ),
    # Something raises
    Without(
        "adversarial/test_bypass.py::test_an_error_anywhere_on_the_way_builds_no_bot",
        "that everything becomes freqtrade's refusal",
        _cut(
            "plugin/start_guard.py",
            "        except BaseException as bug:\n",
            "        except ZeroDivisionError as bug:\n",
        ),
        only="wanted",
    ),
    Without(
        "e2e/test_freqtrade.py::test_whatever_the_guard_raises_refuses_and_is_not_swallowed",
        "that everything becomes freqtrade's refusal",
        _cut(
            "plugin/start_guard.py",
            "        except BaseException as bug:\n",
            "        except ZeroDivisionError as bug:\n",
        ),
    ),
    Without(
        "e2e/test_freqtrade.py::test_a_keyring_backend_that_ends_the_process_is_a_refusal",
        "that whatever a store raises is taken for a failure",
        _cut("credentials/access.py", "    except BaseException as problem:\n", "    except Exception as problem:\n"),
    ),
    Without(
        "unit/cli/test_main.py::test_whatever_breaks_is_a_bug_and_no_admission",
        "that a SystemExit is a bug",
        _cut("cli/dispatch.py", "    except BaseException as bug:", "    except Exception as bug:"),
    ),
    Without(
        "e2e/test_freqtrade.py::test_ctrl_c_during_the_check_ends_with_130",
        "that Ctrl-C stays one",
        _cut("check/local.py", "    except KeyboardInterrupt:\n        raise\n", ""),
    ),
    # What the exchange says
    Without(
        "adversarial/test_answers.py::test_no_answer_is_admitted_that_the_oracle_would_not_admit",
        "the limit of half the Internet",
        _cut("model/networks.py", "2 * count(", "0 * count("),
    ),
    Without(
        "adversarial/test_answers.py::test_no_answer_is_admitted_that_the_oracle_would_not_admit",
        "that an error which is almost the known denial is none",
        _cut("exchanges/bitmex/keys.py", "return bool(answer.json() == _DENIAL)", 'return "error" in answer.json()'),
    ),
    Without(
        "adversarial/test_answers.py::test_no_answer_is_admitted_that_the_oracle_would_not_admit",
        "the look for fields that are almost those that decide",
        _cut("exchanges/bitmex/keys.py", "    if unknown:\n", "    if False:\n"),
    ),
    Without(
        "adversarial/test_listed_twice.py::test_the_order_decides_nothing_and_no_entry_hides_another",
        "that every entry is judged",
        _cut("check/local.py", "for entry in (*listing.own, together(listing.own)):", "for entry in listing.own[:1]:"),
    ),
    Without(
        "adversarial/test_faults.py::test_a_fault_has_its_verdict_its_cause_and_its_bounds_as_documented",
        "that no redirect is followed",
        _cut("client/http.py", "if 300 <= response.status_code < 400:", "if False:"),
        only="redirect",
    ),
    Without(
        "adversarial/test_faults.py::test_a_fault_has_its_verdict_its_cause_and_its_bounds_as_documented",
        "the limit of 4 MB",
        _cut("client/http.py", "        if len(body) > most:\n", "        if False:\n"),
        only="chunks_without_end or chunks",
    ),
    Without(
        "e2e/test_freqtrade.py::test_a_key_that_is_not_proven_starts_no_bot",
        "that what acts on a terminal becomes a question mark",
        (
            Cut("redaction/registry.py", 'char if char.isprintable() else "?"', "char"),
            Cut("redaction/registry.py", '    shown = _MARKUP.sub("?", shown)\n', ""),
        ),
        only="permission-not-allowed",
    ),
    Without(
        "integration/test_check.py::test_what_the_exchange_quotes_of_key_and_secret_is_left_out",
        "that text from outside is cleared",
        _cut("redaction/registry.py", "cleared(text[:_MOST_LOOKED_AT])", "text"),
    ),
    # Secrets
    Without(
        "adversarial/test_log.py::test_no_log_record_shows_a_secret_in_any_form",
        "the filter before the log",
        _EVERY_RECORD,
    ),
    Without(
        "adversarial/test_log.py::test_any_secret_in_any_form_between_any_text_is_left_out",
        "that base64 is known in three forms",
        _cut("redaction/registry.py", "for before in range(3):", "for before in range(1):"),
    ),
    Without(
        "adversarial/test_log.py::test_no_way_past_the_message_of_a_record_shows_a_secret",
        "that what stands beside a message is cleared, too",
        _cut("redaction/output.py", "for name in (*_NAMES, *(set(vars(record)) - _USUAL)):", "for name in ():"),
    ),
    Without(
        "adversarial/test_log.py::test_no_logged_traceback_shows_a_secret",
        "that tracebacks are cleared",
        _cut("redaction/output.py", "record.exc_info, record.exc_text = None, cleared(trace)", "pass"),
    ),
    Without(
        "adversarial/test_log.py::test_a_record_that_cannot_be_checked_is_left_out_and_raises_nothing",
        "that it is left out",
        _cut(
            "redaction/output.py",
            '                record.name = ""\n                _leave_out(record, LEFT_OUT)\n',
            "                pass\n",
        ),
    ),
    Without(
        "adversarial/test_printed.py::test_an_error_that_nobody_caught_shows_no_secret",
        "the boundary before what is printed",
        _EVERY_PRINT,
    ),
    Without(
        "adversarial/test_printed.py::test_a_secret_that_is_printed_in_pieces_does_not_come_together_again",
        "that the boundary knows what it wrote before",
        _cut("redaction/output.py", "cleared(text, self._before)", "cleared(text)"),
    ),
    Without(
        "adversarial/test_printed.py::test_a_process_that_ends_with_a_secret_does_not_show_it",
        "the boundary before what is printed",
        _EVERY_PRINT,
    ),
    Without(
        "adversarial/test_messages.py::test_no_message_of_the_bot_shows_a_secret",
        "that messages are cleared",
        _EVERY_MESSAGE,
    ),
    Without(
        "adversarial/test_messages.py::test_no_table_for_other_bots_shows_a_secret",
        "that tables are cleared",
        _cut("plugin/rpc_hook.py", 'if hasattr(part, "select_dtypes"):', "if False:"),
    ),
    Without(
        "adversarial/test_messages.py::test_a_table_with_odd_columns_shows_no_secret",
        "that names of columns are cleared",
        _cut("plugin/rpc_hook.py", "columns=_cleared, ", ""),
    ),
    Without(
        "adversarial/test_messages.py::test_a_channel_that_outlives_its_bot_is_wrapped_once",
        "that a way out is cleared once",
        _cut("plugin/rpc_hook.py", "if send is not None and not hasattr(send, _IS_CLEARED):", "if send is not None:"),
    ),
    Without(
        "unit/redaction/test_output.py::test_a_keyring_that_logs_what_it_reads_brings_nothing_out",
        "that a store is read quietly",
        _cut("credentials/access.py", "bounded.run(outlets.quietly(work),", "bounded.run(work,"),
    ),
    Without(
        "adversarial/test_messages.py::test_a_strategy_that_logs_everything_at_vvv_leaks_no_secret",
        "the filter before the log",
        _EVERY_RECORD,
    ),
    Without(
        "unit/plugin/test_notifications.py::test_a_token_is_in_no_message_of_the_library_that_sends_either",
        "that refusals are told quietly",
        _cut(
            "plugin/notifications.py", "name: outlets.quietly(lambda name=name: made", "name: (lambda name=name: made"
        ),
    ),
    Without(
        "adversarial/test_messages.py::test_a_schema_error_that_quotes_a_misplaced_secret_shows_none",
        "the filter before the log, and the boundary before what is printed",
        _EVERY_RECORD + _EVERY_PRINT,
    ),
    Without(
        "e2e/test_commands.py::test_a_config_with_a_syntax_error_ends_the_launcher_with_4_and_shows_no_secret",
        "that the launcher reads the config before freqtrade does",
        _cut("plugin/launch.py", "    _precheck(arguments)\n", ""),
    ),
    Without(
        "unit/manage/test_bot_context.py::test_credentials_in_a_config_are_hidden_as_soon_as_it_is_read",
        "that they are hidden",
        _cut("manage/bot_context.py", "        _hide(_exchange_settings(exchange))\n", ""),
    ),
    Without(
        "unit/cli/test_parser.py::test_it_is_told_what_is_wrong_and_nothing_that_was_typed",
        "that argparse's own words are not shown",
        _cut("cli/parser.py", 'f"something in it is not known here. {EXPOSED}"', "message"),
    ),
    Without(
        "unit/manage/test_commands.py::test_of_any_other_program_only_the_name_is_shown",
        "that a command's arguments are not shown",
        _cut("manage/instructions.py", "return without_tokens(Path(command[0]).name)", "return shlex.join(command)"),
    ),
    Without(
        "adversarial/test_reports.py::test_a_report_that_would_quote_a_secret_leaves_it_out",
        "that a report is cleared",
        (
            Cut("report/text.py", "return Text(cleared(text), style=style)", "return Text(text, style=style)"),
            Cut("cli/dispatch.py", "print(cleared(report)", "print((report)"),
        ),
    ),
    Without(
        "adversarial/test_reports.py::test_a_secret_pasted_into_our_section_is_not_quoted",
        "that a name which is like no other is not shown",
        _cut("config/section.py", "if not get_close_matches(name, _NAMES, n=1, cutoff=0.5):", "if False:"),
    ),
    Without(
        "unit/redaction/test_opaque.py::test_what_holds_a_secret_is_not_printed",
        "that such objects have a repr of their own",
        (
            Cut("redaction/opaque.py", "eq=False, repr=False)(sealed(kind))", "eq=False)(sealed(kind))"),
            Cut("redaction/opaque.py", "kind.__repr__ = _shown", "pass"),
        ),
    ),
    Without(
        "unit/redaction/test_opaque.py::test_what_holds_a_secret_is_not_pickled_copied_or_taken_apart",
        "that they keep nothing for a pickle",
        _cut("redaction/opaque.py", "    kind.__getstate__ = _kept  # type: ignore[method-assign,assignment]\n", ""),
    ),
    Without(
        "unit/redaction/test_opaque.py::test_what_holds_a_secret_is_not_compared_by_what_it_holds",
        "that they are not compared",
        _cut("redaction/opaque.py", "eq=False, repr=False)(sealed(kind))", "repr=False)(sealed(kind))"),
    ),
    Without(
        "unit/redaction/test_opaque.py::test_key_ids_of_an_answer_are_compared_in_constant_time",
        "that key ids are compared in constant time",
        _cut(
            "exchanges/bitmex/keys.py",
            'for entry in listed if same(entry["id"], key_id)]',
            'for entry in listed if entry["id"] == key_id]',
        ),
    ),
]


HEAD = """# Every attack without its defence

`python -m tests.adversarial.without_defence > docs/pages/evidence/without.md` wrote this page.
For each row it copied the project and ran the attack's test on the copy, which passed.
Then it took one defence out and ran the test again: "gets by" means that the test failed, as it has to.
A test checks that every place is still there.
It also checks that every attack of [Attacks](adversarial.md) is in this table, is tried both ways, or is at the end.

| attack | without | then it |
|---|---|---|
"""


NEEDS_NONE = {
    "test_without_its_pth_line_plain_freqtrade_has_no_key_at_all": "the defence is that the config never holds a key",
    "test_a_strategy_that_takes_the_hook_out_has_a_bot_without_a_key_after_the_next_reload": "likewise",
    "test_both_forms_of_the_line_that_arms_the_guard_are_installed": "no Python that reads the file was to be had",
    "test_an_object_that_logs_itself_costs_no_more_with_the_filter": "without it, it would not end",
    "test_a_test_that_brings_a_secret_out_fails": "it is a test of the tests: its cases bring secrets out",
    "test_a_run_that_brings_a_secret_out_beside_its_tests_fails": "likewise",
    "test_a_collection_that_prints_a_secret_fails": "likewise",
}


"""Attacks whose defence cannot be taken out of the package, and why."""


def gets_by(without: Without) -> bool:
    """Whether an attack gets by once its defence is gone.

    Raises:
        RuntimeError: if its test could not be run, or fails on the guard as it is.
    """
    with tempfile.TemporaryDirectory(prefix="without-") as place:
        folder = Path(place) / "copy"
        listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True)
        for name in listed.stdout.splitlines():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
        if not _passes(without, folder):
            raise RuntimeError(f"{without.name} fails on the guard as it is")
        for cut in without.cuts:
            path = folder / PACKAGE / cut.file
            path.write_text(path.read_text(encoding="utf-8").replace(cut.old, cut.new), encoding="utf-8")
        return not _passes(without, folder)


def _passes(without: Without, folder: Path) -> bool:
    # First on the path from the start, for the line that arms the guard imports the package at once.
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTEST_ADDOPTS": "", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", f"tests/{without.test}"]
    command += ["-k", without.only] if without.only else []
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1) or not re.search(r"\d+ (passed|failed|error)", done.stdout):
        raise RuntimeError(f"{without.test}:\n{done.stdout}\n{done.stderr}")
    return done.returncode == 0


def main(names: Sequence[str]) -> int:
    """Print the page, or only the rows of some tests; returns 1 if an attack was held all the same."""
    if not names:
        sys.stdout.write(HEAD)
    held = False
    for without in WITHOUT:
        if names and without.name not in names:
            continue
        is_by = gets_by(without)
        held |= not is_by
        print(
            f"| `{without.name}` | {without.defence} | {'gets by' if is_by else '**is held all the same**'} |",
            flush=True,
        )
    if not names:
        print("\nTried as it is:\n")
        for name, why in NEEDS_NONE.items():
            print(f"- `{name}`: {why}.")
    return int(held)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
