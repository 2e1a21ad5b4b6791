"""Whether a credential file is private, and what to do about one that is not, where it is."""

from __future__ import annotations

import os
import shlex
import stat
from pathlib import Path
from typing import NoReturn

from freqtrade_bitmex_guard.model.credentials import CredentialField
from freqtrade_bitmex_guard.model.findings import fail
from freqtrade_bitmex_guard.redaction.paths import sanitize_path
from freqtrade_bitmex_guard.redaction.sanitize import sanitize
from freqtrade_bitmex_guard.util import file_trust, mounts
from freqtrade_bitmex_guard.util.file_trust import Step

_EXPOSED = " Then treat the secret as exposed: make a new key on the exchange, store that one, and delete the old."


def require_private(path: Path, state: os.stat_result, label: str, field: CredentialField, *, is_managed: bool) -> None:
    """Check that nobody but root and the bot's user can change a file or put another in its place, or read it.

    Args:
        path: the file, as the config names it.
        state: of the open file.
        label: its name for a person.
        field: the part of the credentials that it holds, of several the secret.
        is_managed: whether an orchestrator manages it: those mount secrets readable for all, in a private place.

    Raises:
        GuardError: misconfigured, if somebody else can.
        OSError: if something on the way to it cannot be looked at.
    """
    *way, last = file_trust.steps_to(path)
    if (last.state.st_dev, last.state.st_ino) != (state.st_dev, state.st_ino):
        _fail(label, "was replaced while it was read", "Find out who writes there.", field)
    file = Step(last.path, state)
    if not file_trust.is_trusted_owner(state):
        _fail(label, f"belongs to the user {_owner(file)}, who can change it", _own(file, label), field)
    # On a drive without modes everything has all of them; mounted for the bot alone it is private all the same.
    says_nothing = is_managed and not mounts.keeps_modes(last.path.resolve())
    if file_trust.others_can_write(state) and not says_nothing:
        _fail(label, f"can be written by other users of this machine ({_mode(file)})", _own(file, label), field)
    for step in way:
        if not file_trust.is_trusted_owner(step.state):
            problem = (
                f"is below {_name(step)}, which belongs to the user {_owner(step)}, who can put another in its place"
            )
            _fail(label, problem, _move(file, label), field)
        if file_trust.others_can_write(step.state):
            problem = f"is below {_name(step)}, where other users of this machine can put another in its place"
            _fail(label, f"{problem} ({_mode(step)})", _close(step) or _move(file, label), field)
    if file_trust.others_can_read(state) and not is_managed:
        _fail(label, f"can be read by other users of this machine ({_mode(file)})", _own(file, label), field)


def _fail(label: str, problem: str, fix: str, field: CredentialField) -> NoReturn:
    if field.identifies:  # that one is public
        fail("file-exposed", f"{label} {problem}.", fix)
    fail("file-exposed", f"{label} {problem}: the secret counts as exposed.", fix + _EXPOSED)


def _own(file: Step, label: str) -> str:
    """Return how to make a file the bot's own, by commands that work where it is and leave the bot able to read it."""
    if not mounts.keeps_modes(file.path.resolve()):
        return _copy(label)
    quoted = shlex.quote(label)
    private = f"chmod 600 {quoted}"
    place = " on the host" if mounts.is_mount_point(file.path.resolve()) else ""
    if file.state.st_uid == os.geteuid():
        return f"Run `{private}`{place}."
    owner = file_trust.user_name(os.geteuid())
    return f"As root{place}: `chown {shlex.quote(owner)} {quoted} && {private}`."


def _copy(label: str) -> str:
    return (
        "chmod changes nothing on this file system, such as a Windows drive: copy the file to one that keeps modes, "
        f'`install -m 600 {shlex.quote(label)} "$HOME/"`, write that path into the config, and delete this one.'
    )


def _move(file: Step, label: str) -> str:
    if not mounts.keeps_modes(file.path.resolve()):
        return _copy(label)
    return (
        'Move it into a folder of the bot\'s own: `mkdir -p -m 700 "$HOME/.keys" && '
        f'install -m 600 {shlex.quote(label)} "$HOME/.keys/"`, write that path into the section, and delete '
        "this one."
    )


def _close(step: Step) -> str:
    """Return how to close a folder of the bot's own to others, or an empty text if it is not the bot's."""
    is_own = step.state.st_uid == os.geteuid() and step.path != Path("/")
    if not is_own or not mounts.keeps_modes(step.path.resolve()):
        return ""
    return f"Run `chmod go-w {shlex.quote(str(step.path))}`."


def _name(step: Step) -> str:
    return sanitize_path(step.path)


def _owner(step: Step) -> str:
    return sanitize(file_trust.user_name(step.state.st_uid))


def _mode(step: Step) -> str:
    return f"mode {stat.S_IMODE(step.state.st_mode):04o}"
