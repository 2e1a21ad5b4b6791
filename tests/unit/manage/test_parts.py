"""The commands, for exchanges whose keys have other parts than a key id and a secret of one line."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import keyring
import pytest

from freqtrade_bitmex_guard.config.stores import CommandStoreConfig, FileStoreConfig
from freqtrade_bitmex_guard.credentials.files import FileStore
from freqtrade_bitmex_guard.exchanges.bitmex import BitMEX
from freqtrade_bitmex_guard.manage import instructions
from freqtrade_bitmex_guard.model.credentials import Credentials, Secret
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from tests.support.factories import (
    KEY_ID,
    OTHER_SECRET,
    PASSWORD,
    SECRET,
    WALLET,
    WALLET_KEY,
    allow_secrets_in,
    store_config,
)
from tests.support.other_profiles import WITH_PASSWORD, WITH_PEM, WITH_WALLET
from tests.support.pem_key import PEM
from tests.unit.manage.conftest import Run

VALUES = {
    "password": (WITH_PASSWORD, (KEY_ID, SECRET, PASSWORD)),
    "PEM": (WITH_PEM, (KEY_ID, PEM)),
    "wallet": (WITH_WALLET, (WALLET, WALLET_KEY)),
}


@pytest.fixture(params=VALUES)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def profile(kind: str, monkeypatch: pytest.MonkeyPatch) -> ExchangeProfile:
    monkeypatch.setattr(BitMEX, "profile", VALUES[kind][0])
    return VALUES[kind][0]


@pytest.fixture
def credentials(kind: str, profile: ExchangeProfile) -> Credentials:
    values = VALUES[kind][1]
    return Credentials({field: Secret(value) for field, value in zip(profile.credentials, values, strict=True)})


def config(folder: Path, **exchange: str) -> str:
    path = folder / "config.json"
    allow_secrets_in(path)
    path.write_text(json.dumps({"exchange": {"name": "bitmex", **exchange}}))
    return str(path)


def stored() -> dict[str, str]:
    entry: dict[str, str] = json.loads(keyring.get_password("freqtrade-bitmex", "credentials") or "{}")
    entry.pop("stored_at", None)
    return entry


def test_set_takes_every_part_from_standard_input(run: Run, tmp_path: Path, credentials: Credentials) -> None:
    path, values = config(tmp_path), credentials.for_store()
    code, printed = run("credentials", "set", "-c", path, stdin="\n".join(values.values()) + "\n")
    assert code == 0, printed
    assert stored() == values


@pytest.mark.parametrize("spoil", ["less", "more", "cut"])
def test_set_stores_nothing_if_a_part_is_missing_or_too_much(
    run: Run, tmp_path: Path, credentials: Credentials, spoil: str
) -> None:
    text = "\n".join(credentials.for_store().values())
    text = {"less": text.partition("\n")[0], "more": f"{text}\nmore", "cut": text.rpartition("\n")[0]}[spoil]
    code, printed = run("credentials", "set", "-c", config(tmp_path), stdin=text)
    assert code == 4, printed
    assert "credentials-malformed" in printed
    assert stored() == {}


def test_migrate_moves_every_part(run: Run, tmp_path: Path, credentials: Credentials) -> None:
    path = config(tmp_path, **credentials.for_freqtrade())
    code, printed = run("credentials", "migrate", "-c", path)
    assert code == 0, printed
    assert stored() == credentials.for_store()
    left = json.loads(Path(path).read_text())["exchange"]
    assert left == {"name": "bitmex", **dict.fromkeys(credentials.for_freqtrade(), "")}


def test_migrate_moves_nothing_if_a_part_is_missing(run: Run, tmp_path: Path, credentials: Credentials) -> None:
    *others, _ = credentials.for_freqtrade().items()
    path = config(tmp_path, **dict(others))
    before = Path(path).read_bytes()
    code, printed = run("credentials", "migrate", "-c", path)
    assert (code, "credentials-missing" in printed) == (4, True)
    assert Path(path).read_bytes() == before


def test_migrate_moves_no_part_that_the_exchange_does_not_issue(
    run: Run, tmp_path: Path, credentials: Credentials
) -> None:
    path = config(tmp_path, **credentials.for_freqtrade(), uid="7-of-somebody")
    before = Path(path).read_bytes()
    code, printed = run("credentials", "migrate", "-c", path)
    assert (code, "credentials-malformed" in printed) == (4, True)
    assert "exchange.uid" in printed
    assert Path(path).read_bytes() == before


def test_migrate_blanks_a_pem_text_in_a_comment_too(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BitMEX, "profile", WITH_PEM)
    path = Path(config(tmp_path, key=KEY_ID, secret=PEM))
    path.write_text(path.read_text() + "\n/* " + PEM + " */")
    code, printed = run("credentials", "migrate", "-c", str(path))
    assert code == 0, printed
    assert not any(line in path.read_text() for line in PEM.splitlines()[1:-1])


def test_a_line_of_a_pem_text_elsewhere_leaves_everything_where_it_is(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BitMEX, "profile", WITH_PEM)
    path = Path(config(tmp_path, key=KEY_ID, secret=PEM))
    content = {**json.loads(path.read_text()), "note": PEM.splitlines()[3]}
    path.write_text(json.dumps(content))
    code, printed = run("credentials", "migrate", "-c", str(path))
    assert (code, "credentials-conflict" in printed) == (4, True)
    assert stored() == {}


def test_a_password_that_differs_from_the_stored_one_is_a_conflict(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BitMEX, "profile", WITH_PASSWORD)
    keyring.set_password(
        "freqtrade-bitmex",
        "credentials",
        json.dumps({"key": KEY_ID, "secret": SECRET, "password": OTHER_SECRET}),
    )
    path = config(tmp_path, key=KEY_ID, secret=SECRET, password=PASSWORD)
    code, printed = run("credentials", "migrate", "-c", path)
    assert (code, "credentials-conflict" in printed) == (4, True)
    assert stored()["password"] == OTHER_SECRET


def test_what_is_said_to_run_for_files_stores_every_part(
    profile: ExchangeProfile, credentials: Credentials, tmp_path: Path
) -> None:
    values = credentials.for_store()
    store = store_config(profile, store="files", **{f"{name}_file": str(tmp_path / "in" / name) for name in values})
    assert isinstance(store, FileStoreConfig)
    first, *steps = instructions.store_steps(store, profile)
    allow_secrets_in(tmp_path / "in")
    subprocess.run(["sh", "-euc", first], check=True)
    for step, value in zip(steps, values.values(), strict=True):
        subprocess.run(["sh", "-uc", step], input=f"{value}\n", text=True, check=False)
    assert FileStore(store, profile.id).load(profile.credentials).matches(credentials)


def test_instructions_name_every_part(profile: ExchangeProfile) -> None:
    files = store_config(profile, store="files")
    commands = store_config(
        profile,
        store="command",
        **{f"{field.name}_command": ["pass", "show", field.name] for field in profile.credentials},
    )
    for store in (files, commands):
        assert isinstance(store, FileStoreConfig | CommandStoreConfig)
        for lines in (
            instructions.store_steps(store, profile),
            instructions.replace_steps(store, profile, "-c c.json"),
            instructions.delete_steps(store, profile),
        ):
            assert all(any(field.name in line for line in lines) for field in profile.credentials)


def test_a_pem_text_is_pasted_where_several_lines_are_taken() -> None:
    store = store_config(
        WITH_PEM, store="command", key_command=["pass", "show", "a"], secret_command=["pass", "show", "b"]
    )
    assert isinstance(store, CommandStoreConfig)
    key_step, secret_step = instructions.store_steps(store, WITH_PEM)
    assert key_step.startswith("pass insert a ")
    assert "pass insert -m b)" in secret_step
    files = store_config(WITH_PEM, store="files")
    assert isinstance(files, FileStoreConfig)
    steps = instructions.store_steps(files, WITH_PEM)
    key_line, secret_line = (line for line in steps if "systemd-creds encrypt" in line)
    assert "systemd-ask-password" in key_line
    assert "systemd-ask-password" not in secret_line
    assert "systemd-creds encrypt --name=bitmex_api_secret" in secret_line
