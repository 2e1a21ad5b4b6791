"""Moves plain-text credentials from config files into the store: stored, read back, and only then blanked."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from freqtrade_bitmex_guard.client import settings
from freqtrade_bitmex_guard.config.edit import ConfigFile, FileEdit, staged_replacement
from freqtrade_bitmex_guard.config.files import environment_overrides
from freqtrade_bitmex_guard.config.jsonc import Node, NodePath, Span
from freqtrade_bitmex_guard.config.parse import GuardState
from freqtrade_bitmex_guard.config.places import where_written
from freqtrade_bitmex_guard.config.section import SECTION
from freqtrade_bitmex_guard.credentials.access import load_if_present, write
from freqtrade_bitmex_guard.manage import git_history, instructions, keyring_services
from freqtrade_bitmex_guard.manage.bot_context import BotContext
from freqtrade_bitmex_guard.manage.terminal import Terminal
from freqtrade_bitmex_guard.model.credentials import (
    CredentialField,
    Credentials,
    Secret,
    fields_by_name,
    parse_credential,
)
from freqtrade_bitmex_guard.model.findings import GuardError, fail
from freqtrade_bitmex_guard.model.pem import is_pem, secret_lines
from freqtrade_bitmex_guard.model.placeholders import is_placeholder
from freqtrade_bitmex_guard.model.shape import require_shapes
from freqtrade_bitmex_guard.redaction.opaque import opaque_dataclass, same_text
from freqtrade_bitmex_guard.redaction.registry import occurs_in
from freqtrade_bitmex_guard.redaction.sanitize import sanitize

_MIN_SECRET_LENGTH = 8  # anything shorter is no secret, and part of ordinary words


@opaque_dataclass
class PlaintextCredential:
    """A credential in a config file.

    Attributes:
        file: the file.
        node: the value in it.
        field: the part of the credentials that freqtrade or ccxt takes it for.
    """

    file: ConfigFile
    node: Node
    field: CredentialField

    @property
    def location(self) -> str:
        """The position, for a person."""
        return f"{'.'.join(sanitize(str(step)) for step in self.node.path)} in {self.file.label}"


def migrate(bot: BotContext, terminal: Terminal) -> int:
    """Move the credentials out of the config files.

    Returns:
        The exit code.

    Raises:
        GuardError: misconfigured, before anything was changed, if any part could be lost or left behind.
    """
    files = bot.config_files()
    found = [match for file in files for match in _find_in_file(file)]
    matches = [match for match in found if not is_placeholder(match.node.content)]
    _check_movable(bot, files, matches)
    for match in found:
        if match not in matches:
            terminal.print(f'{match.location} has a placeholder, no credential: write "" in its place.')
    if not matches:
        terminal.print("There are no credentials in the config files: nothing to move.")
        return 0
    credentials, is_stored = _collect_credentials(bot, matches)
    credentials.register_for_redaction()
    edits = [_blanked_edit(file, matches, credentials) for file in files]
    edits = [edit for edit in edits if edit.text != edit.file.document.text]
    with staged_replacement(edits) as replace:
        if not is_stored:
            _store_credentials(bot, credentials)
        terminal.print(f"The key {credentials.masked_id} is in {bot.store_label} now, read back and found the same.")
        replace()
    for edit in edits:
        terminal.print(f"Blanked in {edit.file.label}, in comments too; everything else in it is unchanged.")
    if SECTION not in bot.config:
        terminal.print(
            f"Nothing reads it from there yet. Do this next: freqtrade-bitmex-guard setup {bot.config_options}"
        )
    _print_exposure_advice(bot, [edit.file for edit in edits], credentials, terminal)
    return 0


def _find_in_file(file: ConfigFile) -> list[PlaintextCredential]:
    matches = []
    for node in file.document.nodes:
        field = settings.credential_field_at(node.path)
        if field is not None and file.document.source(node) not in ('""', "null"):
            matches.append(PlaintextCredential(file, node, field))
    return matches


def _check_movable(bot: BotContext, files: Sequence[ConfigFile], matches: Sequence[PlaintextCredential]) -> None:
    exchange = environment_overrides().get("exchange")
    exchange = exchange if isinstance(exchange, dict) else {}
    for finding in settings.find_credentials(exchange, bot.profile, partial(where_written, {})):
        fail(finding.name, finding.message, "Remove the variable.")
    names = fields_by_name(bot.profile.credentials)
    for match in matches:
        if match.field.name not in names or match.node.content is None:
            fail(
                "credentials-malformed",
                f"The value at {match.location} is not a credential of {bot.profile.title}, whose keys consist of "
                f"{instructions.list_labels(bot.profile.credentials)}.",
                "Remove it by hand, then try again.",
            )
    secrets = [str(match.node.content) for match in matches if not match.field.identifies]
    ours = [match.node for match in matches]
    for file in files:
        for node in file.document.nodes:
            texts = [node.content or "", *(step for step in node.path[-1:] if isinstance(step, str))]
            is_ours = any(node is known for known in ours)
            if not is_ours and any(_contains_secret(text, secret) for text in texts for secret in secrets):
                path = ".".join(sanitize(str(step)) for step in node.path[:-1]) or "the top level"
                fail(
                    "credentials-conflict",
                    f"The secret is also under {path} in {file.label}, where no exchange looks for it.",
                    "Remove it there by hand, then try again: migrate leaves no copy behind.",
                )


def _contains_secret(text: str, value: str) -> bool:
    return any(len(piece) >= _MIN_SECRET_LENGTH and occurs_in(piece, text) for piece in _pieces(value))


def _pieces(value: str) -> list[str]:
    """Return what gives a value away: the value, or the lines of a PEM text between its frame."""
    return secret_lines(value) if is_pem(value) else [value]


def _collect_credentials(bot: BotContext, matches: Sequence[PlaintextCredential]) -> tuple[Credentials, bool]:
    """Return all parts, and whether the store already holds them, as after a run that was interrupted."""
    fields = bot.profile.credentials
    with _file_as_way_out(bot):
        stored = load_if_present(bot.store, bot.profile)
    parts = {field: secret for field in fields for secret in _single_value(field, matches)}
    if stored is not None:
        if not all(stored.part(field.name).matches(secret.reveal()) for field, secret in parts.items()):
            fail(
                "credentials-conflict",
                f"Another key is already in {bot.store_label}, {stored.masked_id}, which may be another bot's: one of "
                "the two would be lost.",
                f"If {stored.masked_id} is this bot's, blank the config by hand. If it is not, leave it there, give "
                f"this bot an entry of its own, and try again: {keyring_services.own_service_advice(bot)}.",
            )
        return stored, True
    missing = [field for field in fields if field not in parts]
    if missing:
        fail(
            "credentials-missing",
            f"The config files have no {missing[0].label}.",
            "Write it beside the rest, or blank the rest.",
        )
    credentials = Credentials(parts)
    require_shapes(credentials, bot.profile)
    return credentials, False


@contextlib.contextmanager
def _file_as_way_out(bot: BotContext) -> Iterator[None]:
    """Where no store is named and the keyring fails, say how to name a file: `setup` waits for what is moved here."""
    try:
        yield
    except GuardError as end:
        if bot.state is not GuardState.ABSENT:
            raise
        path = next((path for path, stored in keyring_services.candidate_files(bot) if stored is None), "…")
        section = {SECTION: {"credentials": {"store": "files", "file": path}}}
        way_out = (
            f"Without a keyring, keep the key in a private file: write {json.dumps(section)[1:-1]} into the config, "
            f"then run `freqtrade-bitmex-guard credentials migrate {bot.config_options}` again, which makes the file."
        )
        raise GuardError(*(replace(finding, fix=way_out) for finding in end.findings)) from None


def _single_value(field: CredentialField, matches: Sequence[PlaintextCredential]) -> Iterator[Secret]:
    """Yield the one value that the config files have of a part, if any."""
    different: list[tuple[PlaintextCredential, Secret]] = []
    for match in matches:
        if match.field.name == field.name:
            value = parse_credential(str(match.node.content), field, match.location)
            if not any(secret.matches(value.reveal()) for _, secret in different):
                different.append((match, value))
    if len(different) > 1:
        places = " and at ".join(match.location for match, _ in different)
        fail(
            "credentials-conflict",
            f"There are different values at {places}: only one of them can be the bot's.",
            "Remove the other by hand, then try again.",
        )
    yield from (secret for _, secret in different)


def _store_credentials(bot: BotContext, credentials: Credentials) -> None:
    writable = bot.writable_store
    if writable is not None:
        write(writable, partial(writable.add, credentials))
        return
    store = instructions.require_read_only(bot.section.credentials)
    lines = "\n".join(f"    {line}" for line in instructions.store_steps(store, bot.profile))
    names = " and ".join(f"exchange.{name}" for name in credentials.for_freqtrade())
    instructions.fail_read_only(
        store,
        f"Store the credentials yourself, as the user that the bot runs as:\n{lines}\nThen run this again: it compares "
        f"them, and blanks the config. Where only the bot's unit or container can read the store, blank {names} by "
        "hand instead, and run --check-only in there.",
    )


def _blanked_edit(file: ConfigFile, matches: Sequence[PlaintextCredential], credentials: Credentials) -> FileEdit:
    expected = file.parsed()
    changes: list[tuple[Span, str]] = []
    for match in matches:
        if match.file is file:
            changes.append((match.node.span, '""'))
            _blank_value(expected, match.node.path, str(match.node.content))
    values = list(credentials.for_store().values())
    for comment in file.document.comments:
        text = file.document.text[comment.start : comment.end]
        for value in values:
            for piece in _pieces(value):
                text = text.replace(piece, "") if len(piece) >= _MIN_SECRET_LENGTH else text
        if any(_contains_secret(text, value) for value in values):
            fail(
                "credentials-conflict",
                f"A comment in {file.label} contains a credential in another spelling.",
                "Remove it there by hand, then try again: migrate leaves no copy behind.",
            )
        changes.append((comment, text))
    return FileEdit(file, file.document.replace_spans(changes), expected)


def _blank_value(parsed: Any, path: NodePath, value: str) -> None:
    # Of a name that occurs twice freqtrade knows only the last; then there is nothing to blank in the other.
    with contextlib.suppress(KeyError, IndexError, TypeError):
        for step in path[:-1]:
            parsed = parsed[step]
        if same_text(parsed[path[-1]], value):
            parsed[path[-1]] = ""


def _print_exposure_advice(
    bot: BotContext, files: Sequence[ConfigFile], credentials: Credentials, terminal: Terminal
) -> None:
    terminal.print(
        "",
        "Treat the old secret as exposed: it may be in backups, in git's history, in the shell's history, in logs.",
        style="bold yellow",
    )
    terminal.print(
        f"Make a new key, replace the old one with `freqtrade-bitmex-guard credentials rotate {bot.config_options}`,",
        f"and delete the old one on {bot.profile.page.location}.",
    )
    paths = [file.path for file in files]
    if not terminal.is_attended:
        commands = (f"    {git_history.log_command(path)}" for path in paths)
        terminal.print("To see which commits have the file:", *commands)
    elif not terminal.confirm("Check whether it was committed to git?", default=True):
        return
    secret_parts = [part.reveal() for field, part in credentials.parts.items() if not field.identifies]
    secrets = [piece for part in secret_parts for piece in _pieces(part) if len(piece) >= _MIN_SECRET_LENGTH]
    terminal.print(*(git_history.history_note(path, secrets) for path in paths))
