"""What the signing agent costs: a request carried by it, compared with the same request sent by ccxt itself.

    python benchmarks/agent.py [REQUESTS]

Runs an agent of this user on the simulated BitMEX, so both are on loopback; prints a table.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import ccxt

from freqtrade_bitmex_guard.client.installed_ccxt import ccxt_errors
from freqtrade_bitmex_guard.signing.client import AgentClient
from freqtrade_bitmex_guard.signing.shim import RemoteSigner
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX, random_key

REQUESTS = int(sys.argv[1]) if len(sys.argv) > 1 else 500


def timed(call) -> list[float]:
    times = []
    for _ in range(REQUESTS):
        began = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - began))
    return sorted(times)


def row(name: str, times: list[float]) -> None:
    print(f"| {name} | {statistics.median(times):.2f} | {times[int(0.99 * len(times))]:.2f} |")


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="guard-benchmark-"))
    key = random_key()
    with SimulatedBitMEX([key]) as exchange:
        for name, value in (("key", key.id), ("secret", key.secret)):
            (folder / name).touch(0o600)
            (folder / name).write_text(value)
        socket = folder / "run" / "agent.sock"
        # The agent must not wait for its turn where the direct client does not.
        settings = {**exchange.ccxt_config(), "rateLimit": 0}
        config = {
            "exchange": {"name": "bitmex", "ccxt_config": settings},
            "stake_currency": "USDT",
            "api_key_guard": {
                "credentials": {"store": "files", **{f"{n}_file": str(folder / n) for n in ("key", "secret")}},
                "allowed_hosts": ["127.0.0.1"],
            },
            "agent": {"socket": str(socket), "pairs": ["BTC/USDT"], "allow_peers": ["own-user"]},
        }
        file = folder / "agent.json"
        file.touch(0o600)
        file.write_text(json.dumps(config))
        began = time.perf_counter()
        command = [sys.executable, "-m", "freqtrade_bitmex_guard", "agent", "run", "-c", str(file)]
        agent = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert agent.stderr is not None
        while "serving" not in agent.stderr.readline():
            assert agent.poll() is None
        started = time.perf_counter() - began
        threading.Thread(target=agent.stderr.read, daemon=True).start()

        direct = ccxt.bitmex({**settings, "apiKey": key.id, "secret": key.secret, "enableRateLimit": False})
        behind = ccxt.bitmex({**settings, "apiKey": "placeholder", "secret": "placeholder"})
        RemoteSigner(AgentClient(str(socket)), "carry", [["private"]], ccxt_errors()).attach(behind)
        calls = {
            "direct": lambda: direct.privateGetUserMargin({"currency": "all"}),
            "carried": lambda: behind.privateGetUserMargin({"currency": "all"}),
        }
        for call in calls.values():
            call()
        print("| a whole request on loopback | p50, ms | p99, ms |\n|---|---|---|")
        times = {name: timed(call) for name, call in calls.items()}
        for name, measured in times.items():
            row(name, measured)
        ratio = statistics.median(times["carried"]) / statistics.median(times["direct"])
        memory = Path(f"/proc/{agent.pid}/status").read_text().partition("VmRSS:")[2].split()[0]
        print(f"\ncarried / direct {ratio:.2f}; start to serving {started:.2f} s; memory {int(memory) / 1000:.0f} MB")
        agent.terminate()
        agent.wait()


if __name__ == "__main__":
    main()
