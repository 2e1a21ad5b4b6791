"""Attacks on secrets by reports, errors and objects that hold them."""

from __future__ import annotations

from tests.adversarial.removals.removal import Removal, Replacement, replace

TEXT = (
    Removal(
        "adversarial/test_reports.py::test_a_secret_pasted_into_our_section_is_not_quoted",
        "that a name which is like no other is not shown",
        replace(
            "config.errors:explain_error",
            """
            def explain_error(detail):
                if detail["type"] != "extra_forbidden":
                    return original_explain_error(detail)
                path = ".".join(map(str, detail["loc"]))
                return error("section-invalid", f"{path} is not a known key.", "Remove it.")
            """,
        ),
    ),
    Removal(
        "e2e/test_trade_command.py::test_a_syntax_error_ends_the_launcher_with_4_and_no_secret",
        "that the launcher reads the config before freqtrade does",
        replace(
            "plugin.launch:_check_config_first",
            """
            def _check_config_first(files):
                pass
            """,
        ),
    ),
    Removal(
        "unit/manage/test_bot_context.py::test_credentials_in_a_config_are_hidden_as_soon_as_it_is_read",
        "that they are registered for redaction",
        replace(
            "manage.bot_context:_register_credentials",
            """
            def _register_credentials(values):
                pass
            """,
        ),
    ),
    Removal(
        "unit/cli/test_parser.py::test_wrong_usage_is_named_and_nothing_typed_is_repeated",
        "that argparse's own words are not shown",
        replace(
            "cli.parser:GuardArgumentParser.error",
            """
            def error(self, message):
                fail("usage", f"Wrong usage: {message}", "See --help.")
            """,
        ),
    ),
    Removal(
        "unit/manage/test_instructions.py::test_any_other_program_is_shown_only_by_its_name",
        "that a command's arguments are not shown",
        replace(
            "credentials.command_failures:program_name",
            """
            def program_name(command):
                return " ".join(command)
            """,
        ),
    ),
    Removal(
        "adversarial/test_reports.py::test_a_report_that_would_quote_a_secret_leaves_it_out",
        "that a report is redacted",
        (
            Replacement(
                "report.text:redacted_text",
                """
                def redacted_text(text, style=""):
                    return Text(text, style=style)
                """,
            ),
            Replacement(
                "cli.output:print_report",
                """
                def print_report(report):
                    print(report)
                """,
            ),
        ),
    ),
    Removal(
        "unit/redaction/test_opaque.py::test_what_holds_a_secret_is_not_printed",
        "that such objects have a repr of their own",
        (
            Replacement(
                "redaction.opaque:opaque",
                """
                def opaque(kind):
                    return kind
                """,
            ),
            Replacement(
                "redaction.opaque:opaque_dataclass",
                """
                def opaque_dataclass(kind):
                    made = dataclass(frozen=True, slots=True, eq=False)(kind)
                    del made.__dataclass_fields__
                    return made
                """,
            ),
        ),
    ),
    Removal(
        "unit/redaction/test_opaque.py::test_what_holds_a_secret_is_not_pickled_copied_or_taken_apart",
        "that they refuse to be pickled",
        replace(
            "redaction.opaque:_refuse_state",
            """
            def _refuse_state(holder):
                return {}
            """,
        ),
    ),
    Removal(
        "unit/redaction/test_opaque.py::test_what_holds_a_secret_is_not_compared_by_what_it_holds",
        "that they are not compared",
        replace(
            "redaction.opaque:opaque_dataclass",
            """
            def opaque_dataclass(kind):
                made = dataclass(frozen=True, slots=True, repr=False)(opaque(kind))
                del made.__dataclass_fields__
                return made
            """,
        ),
    ),
)
