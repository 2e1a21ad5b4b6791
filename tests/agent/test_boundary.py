"""The boundary: who may connect, what is in the socket's place, whose config it is, and the process's memory."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from freqtrade_bitmex_guard.agent import boundary
from freqtrade_bitmex_guard.agent.record import Record
from freqtrade_bitmex_guard.model.findings import GuardError
from freqtrade_bitmex_guard.signing import wire
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from tests.agent.serving import BALANCE, Peer, Serving, is_root, refusal
from tests.support.factories import wait_until
from tests.support.two_users import OTHER_UID, as_user, require_other_users

CONNECT = """
import socket, sys
sys.path.insert(0, {root!r})
from freqtrade_bitmex_guard.signing.client import AgentClient, AgentUnavailableError
try:
    reply = AgentClient({path!r}).call(
        "carry", {{"api": ["private"], "verb": "GET", "path": "user/margin", "params": {{"currency": "all"}}}}, 10
    )
    print("REFUSED" if "error" in reply else "SERVED")
except AgentUnavailableError as problem:
    print("AWAY", problem)
"""
ROOT = str(Path(__file__).parents[2])


def connected_as(serving: Serving, prefix: list[str]) -> str:
    command = [*prefix, sys.executable, "-c", CONNECT.format(root=ROOT, path=str(serving.socket))]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout.split()[0]


def test_the_agents_own_user_is_not_served_unless_the_config_says_so(serving: Serving) -> None:
    serving.start(allow_peers=[])
    with serving.peer() as peer:
        assert refusal(peer.call(*BALANCE)) == "peer"
        assert refusal(peer.ask("hello", protocol=1, exchange="bitmex", ccxt="x", version="x")) == "peer"
        assert peer.ask("status")["status"]["verdict"]["verdict"] == "admitted"
    assert serving.sent() == []


def test_another_users_bot_is_served_only_through_the_sockets_group(exchange: SimulatedBitMEX) -> None:
    require_other_users()
    # Not below pytest's folder: every other run of pytest closes that to other users again.
    with tempfile.TemporaryDirectory(prefix="guard-boundary-", dir="/tmp") as folder:
        Path(folder).chmod(0o711)
        serving = Serving(Path(folder), exchange)
        try:
            _serve_the_group(serving)
        finally:
            serving.stop()


def _serve_the_group(serving: Serving) -> None:
    serving.start(allow_peers=[])
    serving.folder.chmod(serving.folder.stat().st_mode | 0o011)
    assert serving.socket.stat().st_mode & 0o777 == 0o660
    os.chown(serving.socket.parent, 0, OTHER_UID)
    os.chown(serving.socket, 0, OTHER_UID)
    assert connected_as(serving, as_user(OTHER_UID, OTHER_UID)) == "SERVED"
    assert connected_as(serving, as_user(OTHER_UID + 1, OTHER_UID + 1, str(OTHER_UID))) == "SERVED"
    assert connected_as(serving, as_user(OTHER_UID + 1, OTHER_UID + 1)) == "AWAY"
    assert connected_as(serving, []) == "REFUSED"  # root, which is the agent's own user here


def test_a_second_users_bot_is_not_served_beside_the_first(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    serving.start()
    uids = iter([1000, 1001, 1000])
    monkeypatch.setattr(boundary, "peer_of", lambda _: (next(uids), 1))
    with serving.peer() as first, serving.peer() as other:
        assert "answer" in first.call(*BALANCE)
        assert refusal(other.call(*BALANCE)) == "peer"
        with serving.peer() as again:
            assert "answer" in again.call(*BALANCE)


def test_a_ninth_connection_is_refused_and_a_closed_one_makes_room(serving: Serving) -> None:
    serving.start()
    peers = [serving.peer() for _ in range(8)]
    assert all("answer" in peer.call(*BALANCE) for peer in peers)
    with serving.peer() as ninth:
        assert refusal(ninth.call(*BALANCE)) == "peer"
        assert "status" in ninth.ask("status")
    peers[0].socket.close()

    def served() -> bool:
        with serving.peer() as peer:
            return "answer" in peer.call(*BALANCE)

    assert wait_until(served, 5)
    for peer in peers[1:]:
        peer.socket.close()


def test_each_connection_has_one_request_in_flight(serving: Serving) -> None:
    serving.start()
    with serving.peer() as peer:
        for number in (1, 2):
            verb, path, params = BALANCE
            call = {"number": number, "operation": "carry", "api": ["private"], "verb": verb, "path": path}
            wire.send_frame(peer.socket, {**call, "params": params}, 65_536)
        replies = [wire.parse_reply(wire.receive_frame(peer.socket, 10**7, 10), number) for number in (1, 2)]
    assert ["answer" in reply for reply in replies] == [True, True]


def test_a_flood_of_connections_leaves_the_next_one_working(serving: Serving) -> None:
    serving.start()

    def flood() -> None:
        for _ in range(40):
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(str(serving.socket))
                connection.sendall(b"\0\0")

    threads = [threading.Thread(target=flood) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    def served() -> bool:
        try:
            with serving.peer() as peer:
                return "answer" in peer.call(*BALANCE)
        except (OSError, wire.WireError):
            return False

    assert wait_until(served, 10)


@pytest.mark.parametrize("place", ["link", "file", "folder"])
def test_something_else_in_the_sockets_place_is_refused_and_left_alone(tmp_path: Path, place: str) -> None:
    folder = tmp_path / "run"
    folder.mkdir(0o750)
    path = folder / "agent.sock"
    if place == "link":
        path.symlink_to(tmp_path / "elsewhere")
    elif place == "file":
        path.write_text("x")
    else:
        path.mkdir()

    with pytest.raises(GuardError, match="agent-setup: Something else is in the socket's place"):
        boundary.listen(path)
    assert path.is_symlink() or path.exists()


def test_only_the_socket_of_a_dead_agent_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "run" / "agent.sock"
    server, lock = boundary.listen(path)
    with pytest.raises(GuardError, match="Another agent serves this socket"):
        boundary.listen(path)
    server.close()
    os.close(lock)  # as the kernel does when it is killed

    again, lock = boundary.listen(path)
    with Peer(path):
        pass
    again.close()
    os.close(lock)


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777])
def test_a_folder_that_others_can_write_is_refused(tmp_path: Path, mode: int) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run").chmod(mode)
    with pytest.raises(GuardError, match="does not belong to the agent's user alone"):
        boundary.listen(tmp_path / "run" / "agent.sock")


def test_a_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(0o750)
    (tmp_path / "run").symlink_to(tmp_path / "real")
    with pytest.raises(GuardError, match="does not belong to the agent's user alone"):
        boundary.listen(tmp_path / "run" / "agent.sock")


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_config_that_others_can_write_is_refused(serving: Serving, mode: int) -> None:
    serving.file()
    (serving.folder / "agent.json").chmod(mode)
    with pytest.raises(GuardError, match="the bot could choose the policy"):
        boundary.require_private_config(serving.folder / "agent.json")
    (serving.folder / "agent.json").chmod(0o640)
    boundary.require_private_config(serving.folder / "agent.json")


def test_a_config_in_a_folder_that_others_can_write_is_refused(serving: Serving) -> None:
    serving.file()
    serving.folder.chmod(0o777)
    with pytest.raises(GuardError, match="the bot could choose the policy"):
        boundary.require_private_config(serving.folder / "agent.json")
    serving.folder.chmod(0o700)


def test_two_agents_never_write_one_record(tmp_path: Path) -> None:
    first = Record(tmp_path / "record")
    with pytest.raises(GuardError, match="Another agent writes this record"):
        Record(tmp_path / "record")
    first.close()
    Record(tmp_path / "record").close()


def test_memory_and_core_files_are_closed_to_the_same_user() -> None:
    script = (
        "import os, resource, subprocess, sys\n"
        "from freqtrade_bitmex_guard.agent import boundary\n"
        "boundary.protect_memory()\n"
        "print(resource.getrlimit(resource.RLIMIT_CORE)[1], flush=True)\n"
        "print(os.stat('/proc/self/mem').st_uid, flush=True)\n"
        "sys.stdin.readline()\n"
    )
    prefix = as_user(OTHER_UID, OTHER_UID) if is_root() else []
    command = [*prefix, sys.executable, "-c", f"import sys; sys.path.insert(0, {ROOT!r})\n{script}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        limit, owner = process.stdout.readline().strip(), process.stdout.readline().strip()
        read = [*prefix, "cat", f"/proc/{process.pid}/environ"]
        done = subprocess.run(read, capture_output=True, text=True, check=False)
        process.communicate("\n")
    assert (limit, owner) == ("0", "0")  # root's, although the process is another user's
    assert done.returncode != 0
    assert "Permission denied" in done.stderr


def test_the_agent_imports_nothing_of_freqtrade() -> None:
    script = (
        "import sys\n"
        "import freqtrade_bitmex_guard.agent.commands\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('freqtrade', 'pandas', 'ccxt')])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"
