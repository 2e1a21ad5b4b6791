"""A real Secret Service and a real `pass`, set up as a user would, and used by the real commands."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from tests.support.factories import KEY_ID, SECRET, allow_secrets_in, bot_config, key, new_key, skip_or_fail

pytestmark = pytest.mark.slow
BIN = Path(sys.executable).parent
NEW = new_key()


def run(script: str, folder: Path, *around: str, **extra: str) -> subprocess.CompletedProcess[str]:
    """Run a shell script in its own home; secrets reach it through variables, not through its text."""
    home = folder / "home"
    allow_secrets_in(home / "data")
    for name in ("", "run", "data", "config", "gnupg"):
        (home / name).mkdir(exist_ok=True, mode=0o700)
    environment = {
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(home / "run"),
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "GNUPGHOME": str(home / "gnupg"),
        "KEY_ID": KEY_ID,
        "SECRET": SECRET,
        **extra,
    }
    return subprocess.run(
        [*around, "sh", "-euc", script], env=environment, capture_output=True, text=True, check=False, timeout=300
    )


def report(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.stdout.startswith("{"), done.stdout + done.stderr
    content: dict[str, Any] = json.loads(done.stdout)
    return content


def need(*tools: str) -> None:
    for tool in tools:
        if shutil.which(tool) is None:
            skip_or_fail(tool)


def written(folder: Path, exchange: SimulatedBitMEX, credentials: dict[str, Any]) -> str:
    config = bot_config(folder, exchange)
    config["api_key_guard"]["credentials"] = credentials
    path = folder / "config.json"
    path.write_text(json.dumps(config))
    return str(path)


SECRET_SERVICE = """
printf 'password of the keyring\\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null
{store} >&2
freqtrade-bitmex-guard --check-only --format json -c "$CONFIG"
"""


@pytest.mark.parametrize(
    ("store", "code", "rules"),
    [
        (
            'printf %s "$KEY_ID" | keyring set freqtrade-bitmex key\n'
            'printf %s "$SECRET" | keyring set freqtrade-bitmex secret',
            0,
            [],
        ),
        (
            "printf old | keyring set freqtrade-bitmex key\n"
            "printf old | keyring set freqtrade-bitmex secret\n"
            'printf \'{"key": "%s", "secret": "%s"}\' "$KEY_ID" "$SECRET" | keyring set freqtrade-bitmex credentials',
            0,
            [],
        ),
        ('printf %s "$KEY_ID" | keyring set freqtrade-bitmex key', 4, ["credentials-missing"]),
        ("true", 4, ["credentials-missing"]),
    ],
)
def test_a_real_secret_service_hands_the_key_over(tmp_path: Path, store: str, code: int, rules: list[str]) -> None:
    need("dbus-run-session", "gnome-keyring-daemon")
    with SimulatedBitMEX([key()]) as exchange:
        config = written(tmp_path, exchange, {"store": "keyring"})
        done = run(SECRET_SERVICE.format(store=store), tmp_path, "dbus-run-session", "--", CONFIG=config)
        content = report(done)
    assert [finding["rule"] for finding in content["findings"]] == rules, done.stderr
    assert done.returncode == code
    assert SECRET not in done.stdout + done.stderr


UNLOCKED = "printf 'password of the keyring\\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null\n"

LIFE = """
export PYTHON_KEYRING_BACKEND=keyring.backends.SecretService.Keyring
guard() { freqtrade-bitmex-guard credentials "$@" -c "$CONFIG" >&2; }
printf '%s\\n%s\\n' "$KEY_ID" "$SECRET" | guard set
guard show
printf '%s\\n%s\\n' "$NEW_ID" "$NEW_SECRET" | guard rotate
freqtrade-bitmex-guard --check-only --format json -c "$CONFIG"
guard delete --yes
! guard show || exit 1
printf '{"exchange": {"name": "bitmex", "key": "%s", "secret": "%s"}, "api_key_guard": %s} // mine' \
  "$KEY_ID" "$SECRET" "$SECTION" > "$PLAIN"
freqtrade-bitmex-guard credentials migrate -c "$PLAIN" >&2
guard show
"""


@pytest.mark.parametrize("is_keyring", [True, False], ids=["keyring", "file"])
def test_every_credentials_command_works_in_a_real_store(tmp_path: Path, is_keyring: bool) -> None:
    plain = tmp_path / "plain.json"
    store = {"store": "keyring"} if is_keyring else {"store": "files", "file": "~/config/guard/key.json"}
    with SimulatedBitMEX([key(), NEW]) as exchange:
        config = written(tmp_path, exchange, store)
        values = {"NEW_ID": NEW.id, "NEW_SECRET": NEW.secret, "CONFIG": config, "PLAIN": str(plain)}
        values["SECTION"] = json.dumps({"credentials": store})
        if is_keyring:
            need("dbus-run-session", "gnome-keyring-daemon")
            done = run(UNLOCKED + LIFE, tmp_path, "dbus-run-session", "--", **values)
        else:
            allow_secrets_in(tmp_path / "home" / "config")
            done = run(LIFE, tmp_path, **values)
    assert done.returncode == 0, done.stderr
    assert report(done)["key"] == "NEWi…"
    assert plain.read_text().startswith('{"exchange": {"name": "bitmex", "key": "", "secret": ""}, ')
    assert done.stderr.count("ADMITTED") == 3
    for hidden in (SECRET[:8], NEW.secret[:8], KEY_ID[:5], NEW.id[:5]):
        assert hidden not in done.stdout + done.stderr


KILLED = (
    UNLOCKED
    + """
export PYTHON_KEYRING_BACKEND=keyring.backends.SecretService.Keyring PYTHONPATH="$ROOT"
both() { printf '{"key": "%s", "secret": "%s"}' "$1" "$2"; }
for at in 1 2 3 4 5 6 7 8 9 10 11 12; do
  both "$KEY_ID" "$SECRET" | keyring set freqtrade-bitmex credentials
  code=0
  printf '%s\\n%s\\n' "$NEW_ID" "$NEW_SECRET" |
    python -m tests.support.kill_at_write "$at" "$FOLDER" credentials rotate -c "$CONFIG" >&2 || code=$?
  echo "$code $(freqtrade-bitmex-guard --check-only --format json -c "$CONFIG" | grep '"key"')"
  [ "$code" != 0 ] || break
done
"""
)


def test_a_rotation_killed_at_any_write_leaves_one_whole_key(
    tmp_path: Path,
) -> None:
    need("dbus-run-session", "gnome-keyring-daemon")
    with SimulatedBitMEX([key(), NEW]) as exchange:
        config = written(tmp_path, exchange, {"store": "keyring"})
        root = Path(__file__).parent.parent.parent
        values = {"NEW_ID": NEW.id, "NEW_SECRET": NEW.secret, "CONFIG": config}
        done = run(KILLED, tmp_path, "dbus-run-session", "--", FOLDER=str(tmp_path), ROOT=str(root), **values)
    ends = [(line.split()[0], json.loads(f'"{line.split()[2].strip(chr(34) + chr(44))}"')) for line in lines(done)]
    killed = str(128 + signal.SIGKILL)
    # The lock; two entries, in case the third is not replaced in one step; the third; the removal of the two.
    old = ends.count((killed, "LAqU…"))
    assert old >= 3
    assert ends == [(killed, "LAqU…")] * old + [(killed, "NEWi…")] * 2 + [("0", "NEWi…")], done.stderr


def lines(done: subprocess.CompletedProcess[str]) -> list[str]:
    return done.stdout.splitlines()


def test_a_headless_server_without_a_keyring_learns_what_to_use(tmp_path: Path) -> None:
    with SimulatedBitMEX([key()]) as exchange:
        config = written(tmp_path, exchange, {"store": "keyring"})
        backend = "keyring.backends.fail.Keyring"
        script = 'freqtrade-bitmex-guard --check-only --format json -c "$CONFIG"'
        done = run(script, tmp_path, CONFIG=config, PYTHON_KEYRING_BACKEND=backend)
        assert exchange.requests == []
    (finding,) = report(done)["findings"]
    assert (done.returncode, finding["rule"]) == (4, "store-unavailable")
    assert "files" in finding["fix"]


LOCKED = """
printf 'password of the keyring\\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null
printf x | keyring set other entry
gnome-keyring-daemon --replace --components=secrets >/dev/null
freqtrade-bitmex-guard --check-only --format json -c "$CONFIG"
"""
CHECK = 'freqtrade-bitmex-guard --check-only --format json -c "$CONFIG"'


@pytest.mark.parametrize(
    ("script", "has_bus", "reason"),
    [
        (CHECK, False, "A service has no bus here"),
        (CHECK, True, "there is none yet, and nobody could choose its password here"),
        (LOCKED, True, "it is locked, and nobody can unlock it here"),
    ],
    ids=["no bus", "no keyring yet", "locked"],
)
def test_what_is_wrong_with_a_keyring_is_told_apart(tmp_path: Path, script: str, has_bus: bool, reason: str) -> None:
    need("dbus-run-session", "gnome-keyring-daemon")
    around = ["dbus-run-session", "--"] if has_bus else []
    with SimulatedBitMEX([key()]) as exchange:
        config = written(tmp_path, exchange, {"store": "keyring"})
        backend = "keyring.backends.SecretService.Keyring"
        done = run(script, tmp_path, *around, CONFIG=config, PYTHON_KEYRING_BACKEND=backend)
    (finding,) = report(done)["findings"]
    assert (done.returncode, finding["rule"]) == (4, "store-unavailable")
    assert reason in finding["message"]
    assert '"file":' in finding["fix"]


def test_a_plain_text_keyring_that_is_really_installed_is_refused(tmp_path: Path) -> None:
    with SimulatedBitMEX([key()]) as exchange:
        config = written(tmp_path, exchange, {"store": "keyring"})
        script = """
            printf %s "$KEY_ID" | keyring set freqtrade-bitmex key
            printf %s "$SECRET" | keyring set freqtrade-bitmex secret
            freqtrade-bitmex-guard --check-only --format json -c "$CONFIG"
        """
        done = run(script, tmp_path, CONFIG=config, PYTHON_KEYRING_BACKEND="keyrings.alt.file.PlaintextKeyring")
        assert exchange.requests == []
    assert [finding["rule"] for finding in report(done)["findings"]] == ["store-insecure"]
    assert done.returncode == 4


PASS = """
gpg --batch --quiet --passphrase '' --quick-generate-key bot@example.com default default never >&2
pass init bot@example.com >&2
printf '%s\\n' "$KEY_ID" | pass insert --echo bitmex/key >&2
printf '%s\\n' "$SECRET" | pass insert --echo bitmex/secret >&2
freqtrade-bitmex-guard --check-only --format json -c "$CONFIG"
gpgconf --kill all
"""


@pytest.mark.parametrize(("entry", "code", "rules"), [("secret", 0, []), ("nothing", 4, ["command-failed"])])
def test_a_real_pass_hands_the_key_over(tmp_path: Path, entry: str, code: int, rules: list[str]) -> None:
    need("pass", "gpg")
    with SimulatedBitMEX([key()]) as exchange:
        credentials = {
            "store": "command",
            "key_command": ["pass", "show", "bitmex/key"],
            "secret_command": ["pass", "show", f"bitmex/{entry}"],
        }
        done = run(PASS, tmp_path, CONFIG=written(tmp_path, exchange, credentials))
    content = report(done)
    assert [finding["rule"] for finding in content["findings"]] == rules, done.stderr
    assert done.returncode == code
    if rules:
        assert content["findings"][0]["message"].startswith("pass ended with exit code 1. It has no such entry")
    assert SECRET not in done.stdout + done.stderr
