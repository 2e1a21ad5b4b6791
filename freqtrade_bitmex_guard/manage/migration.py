"""From plain text in config files into the store: stored, read back, and only then blanked in the files."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

from freqtrade_bitmex_guard.client import settings
from freqtrade_bitmex_guard.config.edit import ConfigFile, FileEdit, staged_replacement
from freqtrade_bitmex_guard.config.files import environment_overrides
from freqtrade_bitmex_guard.config.jsonc import Node, NodePath, Span
from freqtrade_bitmex_guard.config.section import SECTION
from freqtrade_bitmex_guard.credentials.access import load_if_present, with_timeout
from freqtrade_bitmex_guard.credentials.interface import Seen
from freqtrade_bitmex_guard.manage import git_history, instructions, keyring_services
from freqtrade_bitmex_guard.manage.bot_context import BotContext
from freqtrade_bitmex_guard.manage.terminal import Terminal
from freqtrade_bitmex_guard.model.credentials import PARTS, Credentials, Secret, parse_credential
from freqtrade_bitmex_guard.model.findings import fail
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from freqtrade_bitmex_guard.redaction.opaque import constant_time_equal, opaque_dataclass
from freqtrade_bitmex_guard.redaction.registry import occurs_in
from freqtrade_bitmex_guard.redaction.sanitize import sanitize

_MIN_SECRET_LENGTH = 8  # what is shorter is no secret, and stands in the middle of words


@opaque_dataclass
class PlaintextCredential:
    """A credential in a config file."""

    file: ConfigFile
    node: Node
    part: str

    @property
    def location(self) -> str:
        """The place, for a person."""
        return f"{'.'.join(sanitize(str(step)) for step in self.node.path)} in {self.file.label}"


def migrate(subject: BotContext, terminal: Terminal) -> int:
    """Move key and secret out of the config files.

    Returns:
        The exit code.

    Raises:
        GuardError: misconfigured, before anything was changed, if any of them could get lost or be left behind.
    """
    files = subject.config_files()
    found = [each for file in files for each in _find_in_file(file)]
    _check_movable(subject.profile, files, found)
    if not found:
        terminal.print("No key and no secret stands in the config files: there is nothing to move.")
        return 0
    credentials, is_stored = _collect_credentials(subject, found)
    changes = [_blanked_edit(file, found, credentials) for file in files]
    with staged_replacement([change for change in changes if change.text != change.file.document.text]) as replace:
        if not is_stored:
            _store_credentials(subject, credentials)
        terminal.print(
            f"The key {credentials.masked_id} lies in {subject.store_label} now, read back and found the same."
        )
        replace()
    changed = [change.file for change in changes if change.text != change.file.document.text]
    for file in changed:
        terminal.print(f"Blanked in {file.label}, in comments too; everything else in it is as it was.")
    if SECTION not in subject.config:
        terminal.print(
            f"Nothing reads it from there yet; do this next: freqtrade-bitmex-guard setup {subject.config_options}"
        )
    _print_exposure_advice(subject, changed, terminal)
    return 0


def _find_in_file(file: ConfigFile) -> list[PlaintextCredential]:
    found = []
    for place in file.document.nodes:
        part = settings.credential_field_at(place.path)
        if part is not None and file.document.source(place) not in ('""', "null"):
            found.append(PlaintextCredential(file, place, part))
    return found


def _check_movable(profile: ExchangeProfile, files: Sequence[ConfigFile], found: Sequence[PlaintextCredential]) -> None:
    exchange = environment_overrides().get("exchange")
    for finding in settings.find_credentials(exchange if isinstance(exchange, dict) else {}, profile):
        fail(
            finding.name,
            f"{finding.message} It stands in a FREQTRADE__EXCHANGE__… variable.",
            "Take the variable away.",
        )
    for each in found:
        if each.part not in PARTS or each.node.content is None:
            fail(
                "credentials-malformed",
                f"At {each.location} stands something that is no key id and no secret of this exchange.",
                "Take it out by hand, then try again.",
            )
    secrets = [str(each.node.content) for each in found if each.part == "secret"]
    for file in files:
        for place in file.document.nodes:
            texts = [place.content or "", *(step for step in place.path[-1:] if isinstance(step, str))]
            is_ours = any(each.file is file and each.node is place for each in found)
            if not is_ours and any(_contains_secret(text, secret) for text in texts for secret in secrets):
                other = ".".join(sanitize(str(step)) for step in place.path[:-1]) or "the top level"
                fail(
                    "credentials-conflict",
                    f"The secret also stands under {other} in {file.label}, where no exchange looks for it.",
                    "Take it out there by hand, then try again: migrate leaves no copy behind.",
                )


def _contains_secret(text: str, value: str) -> bool:
    return len(value) >= _MIN_SECRET_LENGTH and occurs_in(value, text)


def _collect_credentials(subject: BotContext, found: Sequence[PlaintextCredential]) -> tuple[Credentials, bool]:
    """Both parts, and whether the store holds them already, as after a run that was interrupted."""
    stored = load_if_present(subject.store)
    parts: dict[str, Secret] = {}
    for part in PARTS:
        different: list[PlaintextCredential] = []
        for each in found:
            if each.part == part and not any(
                constant_time_equal(each.node.content, other.node.content) for other in different
            ):
                different.append(each)
        if len(different) > 1:
            places = " and at ".join(each.location for each in different)
            fail(
                "credentials-conflict",
                f"Different values stand at {places}: only one of them can be the bot's.",
                "Take the other out by hand, then try again.",
            )
        for each in different:
            parts[part] = parse_credential(str(each.node.content), part, each.location)
    if stored is not None:
        for part, given in parts.items():
            if not getattr(stored, part).matches(given.reveal()):
                fail(
                    "credentials-conflict",
                    f"Another key lies in {subject.store_label} already, {stored.masked_id}, which may be another "
                    "bot's: one "
                    "of the two would be lost.",
                    f"If {stored.masked_id} is this bot's, blank the config by hand. If it is not, leave it there, "
                    "give "
                    f"this bot an entry of its own, and try again: {keyring_services.own_service_advice(subject)}.",
                )
        return stored, True
    missing = [part for part in PARTS if part not in parts]
    if missing:
        fail(
            "credentials-missing",
            f"The config files hold no {missing[0]}.",
            "Write it beside the other, or blank both.",
        )
    return Credentials(parts["key"], parts["secret"]), False


def _store_credentials(subject: BotContext, credentials: Credentials) -> None:
    keeper = subject.writable_store
    if keeper is not None:
        with_timeout(keeper, lambda: keeper.put(credentials, Seen(None)), writes=True)
        return
    store = instructions.require_read_only(subject.section.credentials)
    lines = "\n".join(f"    {line}" for line in instructions.store_steps(store, subject.profile.id))
    instructions.fail_read_only(
        store,
        f"Store both yourself, as the user that the bot runs as:\n{lines}\nThen run this again: it compares, and "
        "blanks the config. Where only the bot's unit or container can read the store, blank exchange.key and "
        "exchange.secret by hand instead, and run --check-only in there.",
    )


def _blanked_edit(file: ConfigFile, found: Sequence[PlaintextCredential], credentials: Credentials) -> FileEdit:
    meaning = file.parsed()
    changes: list[tuple[Span, str]] = []
    for each in found:
        if each.file is file:
            changes.append((each.node.span, '""'))
            _blank_value(meaning, each.node.path, str(each.node.content))
    values = (credentials.key.reveal(), credentials.secret.reveal())
    for comment in file.document.comments:
        text = file.document.text[comment.start : comment.end]
        for value in values:
            if len(value) >= _MIN_SECRET_LENGTH:
                text = text.replace(value, "")
        if any(_contains_secret(text, value) for value in values):
            fail(
                "credentials-conflict",
                f"A comment in {file.label} holds key or secret in another spelling.",
                "Take it out there by hand, then try again: migrate leaves no copy behind.",
            )
        changes.append((comment, text))
    return FileEdit(file, file.document.replace_spans(changes), meaning)


def _blank_value(meaning: Any, path: NodePath, value: str) -> None:
    # Of a name that stands twice, freqtrade knows the last one only; then there is nothing to blank in the other.
    with contextlib.suppress(KeyError, IndexError, TypeError):
        for step in path[:-1]:
            meaning = meaning[step]
        if constant_time_equal(meaning[path[-1]], value):
            meaning[path[-1]] = ""


def _print_exposure_advice(subject: BotContext, files: Sequence[ConfigFile], terminal: Terminal) -> None:
    terminal.print(
        "",
        "The old secret counts as exposed: it may stand in backups, in git's history, in the shell's history, in logs.",
        style="bold yellow",
    )
    terminal.print(
        "Make a new key, put it in its place with `freqtrade-bitmex-guard credentials rotate "
        f"{subject.config_options}`,",
        f"and delete the old one on {subject.profile.page.location}.",
    )
    paths = [file.path for file in files]
    if not terminal.is_attended:
        terminal.print("Whether git has it:", *(f"    {git_history.log_command(path)}" for path in paths))
    elif terminal.confirm("Look whether git has it?", default=True):
        terminal.print(*(git_history.history_note(path) for path in paths))
