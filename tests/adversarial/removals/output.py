"""Attacks on secrets by the log, by what is printed, and by the bot's messages."""

from __future__ import annotations

from tests.adversarial.removals.removal import Removal, replace

_EVERY_RECORD = replace(
    "redaction.output:_redact_record",
    """
    def _redact_record(record):
        pass
    """,
)

_EVERY_PRINT = replace(
    "redaction.output:_RedactingStream.write",
    """
    def write(self, text, left_out=""):
        return self._stream.write(text)
    """,
)

_NEVER_MUTED = replace(
    "redaction.output:muted",
    """
    def muted(work):
        install()
        return work
    """,
)

OUTPUT = (
    Removal(
        "adversarial/test_log.py::test_no_log_record_shows_a_secret_in_any_form",
        "the filter before the log",
        _EVERY_RECORD,
    ),
    Removal(
        "adversarial/test_log.py::test_any_secret_in_any_form_between_any_text_is_left_out",
        "that base64 is known in three forms",
        replace(
            "redaction.registry:_encodings",
            """
            def _encodings(value):
                return iter(list(original__encodings(value))[:-4])
            """,
        ),
    ),
    Removal(
        "adversarial/test_log.py::test_no_way_past_the_message_of_a_record_shows_a_secret",
        "that the other fields of a record are redacted, too",
        replace(
            "redaction.output:_redact_record",
            """
            def _redact_record(record):
                fields = {name: vars(record)[name] for name in (*_NAME_FIELDS, *vars(record)) if name in vars(record)}
                original__redact_record(record)
                redacted = ("msg", "args", "exc_info", "exc_text", "stack_info")
                vars(record).update({name: value for name, value in fields.items() if name not in redacted})
            """,
        ),
    ),
    Removal(
        "adversarial/test_log.py::test_no_logged_traceback_shows_a_secret",
        "that tracebacks are redacted",
        replace(
            "redaction.output:_redact_record",
            """
            def _redact_record(record):
                trace = record.exc_info, record.exc_text
                original__redact_record(record)
                record.exc_info, record.exc_text = trace
            """,
        ),
    ),
    Removal(
        "adversarial/test_log.py::test_a_record_that_cannot_be_checked_is_left_out_and_raises_nothing",
        "that it is left out",
        replace(
            "redaction.output:_drop_content",
            """
            def _drop_content(record, text):
                pass
            """,
        ),
    ),
    Removal(
        "adversarial/test_printed.py::test_an_error_that_nobody_caught_shows_no_secret",
        "the filter before what is printed",
        _EVERY_PRINT,
    ),
    Removal(
        "adversarial/test_printed.py::test_a_secret_that_is_printed_in_pieces_does_not_come_together_again",
        "that the filter knows what was printed before",
        replace(
            "redaction.output:_RedactingStream.write",
            """
            def write(self, text, left_out=""):
                self._before = ""
                return self.original_write(text)
            """,
        ),
    ),
    Removal(
        "adversarial/test_printed.py::test_a_process_that_ends_with_a_secret_does_not_show_it",
        "the filter before what is printed",
        _EVERY_PRINT,
    ),
    Removal(
        "adversarial/test_messages.py::test_no_message_of_the_bot_shows_a_secret",
        "that messages are redacted",
        replace(
            "plugin.rpc_hook:_wrap_send",
            """
            def _wrap_send(send):
                return send
            """,
        ),
    ),
    Removal(
        "adversarial/test_messages.py::test_no_table_for_other_bots_shows_a_secret",
        "that tables are redacted",
        replace(
            "plugin.rpc_hook:_redacted",
            """
            def _redacted(part):
                return part if hasattr(part, "select_dtypes") else original__redacted(part)
            """,
        ),
    ),
    Removal(
        "adversarial/test_messages.py::test_a_table_with_odd_columns_shows_no_secret",
        "that the names of columns are redacted",
        replace(
            "plugin.rpc_hook:_redacted",
            """
            def _redacted(part):
                redacted = original__redacted(part)
                return redacted.set_axis(part.columns, axis=1) if hasattr(part, "select_dtypes") else redacted
            """,
        ),
    ),
    Removal(
        "adversarial/test_messages.py::test_a_channel_that_outlives_its_bot_is_wrapped_once",
        "that a channel is wrapped once",
        replace(
            "plugin.rpc_hook:_wrap_send",
            """
            def _wrap_send(send):
                wrapped = original__wrap_send(send)
                return lambda *values, **options: wrapped(*values, **options)
            """,
        ),
    ),
    Removal(
        "unit/plugin/test_message_socket.py::test_no_answer_over_the_message_socket_shows_a_secret",
        "that what is asked for over the message socket is redacted",
        replace(
            "plugin.rpc_hook:_redact_message_socket",
            """
            def _redact_message_socket():
                pass
            """,
        ),
    ),
    Removal(
        "unit/redaction/test_children.py::test_no_child_process_shows_a_secret",
        "that a child is sent the secrets to redact",
        replace(
            "redaction.children:_wrap_init",
            """
            def _wrap_init(build, take_over):
                return build
            """,
        ),
    ),
    Removal(
        "unit/redaction/test_children.py::test_a_process_that_holds_a_secret_dumps_no_core",
        "that core dumps are forbidden",
        replace(
            "redaction.core_dumps:forbid",
            """
            def forbid():
                pass
            """,
        ),
    ),
    Removal(
        "unit/redaction/test_output.py::test_a_keyring_that_logs_what_it_reads_brings_nothing_out",
        "that a store is read muted",
        _NEVER_MUTED,
    ),
    Removal(
        "adversarial/test_messages.py::test_a_strategy_that_logs_everything_at_vvv_leaks_no_secret",
        "the filter before the log",
        _EVERY_RECORD,
    ),
    Removal(
        "unit/plugin/test_notifications.py::test_the_log_of_the_http_library_shows_no_token",
        "that notifications are sent muted",
        _NEVER_MUTED,
    ),
    Removal(
        "adversarial/test_messages.py::test_a_schema_error_that_quotes_a_misplaced_secret_shows_none",
        "the filter before the log, and the one before what is printed",
        _EVERY_RECORD + _EVERY_PRINT,
    ),
)
