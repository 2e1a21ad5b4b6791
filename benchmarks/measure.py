"""Measures what the plugin costs, side by side, with hyperfine, and prints `docs/pages/evidence/benchmarks.md`.

python benchmarks/measure.py > docs/pages/evidence/benchmarks.md

It makes two environments that differ in the plugin alone, serves the look-alike, and has hyperfine time two commands
at a time in many short rounds, so that whatever else the machine does falls on both.
"""

import json
import os
import platform
import secrets
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from freqtrade_bitmex_guard.simulator.bitmex import Key, SimulatedBitMEX
from freqtrade_bitmex_guard.simulator.bot import DemoBot

HERE = Path(__file__).parent
TEXT = """# What it costs

`python benchmarks/measure.py > docs/pages/evidence/benchmarks.md` wrote this page (it needs [hyperfine](https://github.com/sharkdp/hyperfine)).
Each row is two commands, timed in {rounds} alternating rounds.
The times are medians; the ratio is the median of the rounds' ratios, with the quarters below and above it in brackets.
Beside it is the ratio of the CPU time (user and system), which other work on the machine moves less.
`WITH` and `WITHOUT` are two environments that differ in this plugin alone.
BitMEX is simulated on loopback and answers at once.
Nothing here is a test: no figure fails a build.

Machine: {machine}.
Its load (`uptime`) was {load}: above 1 the ratios near 1 are good to some five in a hundred.

| figure | measured | against | ratio | of CPU time | target |
|---|---|---|---|---|---|
{rows}

The commands, as hyperfine ran them:

```sh
{commands}
```

| peak memory (`ru_maxrss` of one run) | measured | against | ratio | target |
|---|---|---|---|---|
{memory}

Requests of the guard in one guarded start: {about_the_key} about the key, {in_all} in all, before {own} of freqtrade's
own (target: one that is required, at most four in all).

`one_class.py` opens what the check cannot do without: ccxt's one class and what that imports.
It makes one request and prints the answer: no config, no policy, no bounded answer, no question about the account.

Most of what `--check-only` takes is imports.
They are pydantic for the config section, requests and ccxt's base class for the requests, rich for the table.
It imports one of ccxt's hundred exchanges, and freqtrade's config reader without pandas.
That is why it takes no longer than twelve lines that `import ccxt`.
`python -X importtime` shows the rest.

An audit, and a look at a running bot's key, `python benchmarks/account.py`:

{account}

What the filter before the log costs each record, `python benchmarks/log_filter.py --fast`
([pyperf](https://pyperf.readthedocs.io)):

```
{log}
```
"""


@dataclass(frozen=True)
class Row:
    """Two commands to be compared."""

    figure: str
    one: str
    other: str
    target: str
    runs: int


def environments(folder: Path) -> Iterator[Path]:
    """Two that take everything from this one, of which the first has the plugin's wheel."""
    for name in ("WITH", "WITHOUT"):
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / name], check=True)
        site = next((folder / name).glob("lib/python*/site-packages"))
        (site / "zz_dependencies.pth").write_text(f"{sysconfig.get_paths()['purelib']}\n")
        if name == "WITH":
            pip = [sys.executable, "-m", "pip", "--quiet"]
            wheel = ["wheel", "--no-deps", "--no-build-isolation", "-w", str(folder), str(HERE.parent)]
            subprocess.run([*pip, *wheel], check=True)
            into = ["--python", str(folder / name / "bin" / "python"), "install", "--no-deps"]
            subprocess.run([*pip, *into, *map(str, folder.glob("*.whl"))], check=True)
        yield folder / name


@dataclass(frozen=True)
class Times:
    """What one command took in every round: the median of its seconds, and its CPU seconds."""

    seconds: list[float]
    cpu: list[float]

    def against(self, other: "Times") -> str:
        """The ratios to another command's, as two cells: the median, and the quarters below and above it."""
        cells = []
        for ours, theirs in ((self.seconds, other.seconds), (self.cpu, other.cpu)):
            low, middle, high = statistics.quantiles((one / two for one, two in zip(ours, theirs, strict=True)), n=4)
            cells.append(f"{middle:.3f} ({low:.2f} to {high:.2f})")
        return " | ".join(cells)


def timed(row: Row, rounds: int, folder: Path) -> tuple[Times, Times]:
    """Both commands, in many short rounds."""
    times = {row.one: Times([], []), row.other: Times([], [])}
    for number in range(rounds):
        order = [row.one, row.other] if number % 2 else [row.other, row.one]
        command = ["hyperfine", "-N", "--style=none", "--warmup=1", f"--runs={row.runs}", "--export-json=out.json"]
        subprocess.run([*command, *order], check=True, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for result in json.loads((folder / "out.json").read_text())["results"]:
            times[result["command"]].seconds.append(result["median"])
            times[result["command"]].cpu.append(result["user"] + result["system"])
    return times[row.one], times[row.other]


def peak(command: str, folder: Path) -> float:
    """The peak memory of one run, in MB."""
    with subprocess.Popen(command.split(), cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        _, _, used = os.wait4(process.pid, 0)
        process.returncode = 0
    return used.ru_maxrss / 1024


def requests(command: str, folder: Path, exchange: SimulatedBitMEX) -> list[str]:
    """The paths that one run asks the exchange for."""
    exchange.requests.clear()
    subprocess.run(command.split(), cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return [request.path for request in exchange.requests]


def shown(seconds: float) -> str:
    """Seconds, or milliseconds where they are few."""
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.1f} ms"


def machine() -> str:
    """What it was measured on."""
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    versions = ", ".join(f"{name} {version(name)}" for name in ("freqtrade", "ccxt", "pydantic"))
    return f"{os.cpu_count()} cores of {cpu}, {platform.system()}, Python {platform.python_version()}, {versions}"


def main(rounds: int) -> None:
    """Measure everything and print the page."""
    with tempfile.TemporaryDirectory() as place, SimulatedBitMEX([]) as exchange:
        folder = Path(place)
        list(environments(folder))
        key = Key(secrets.token_hex(12), secrets.token_hex(24))
        exchange.keys.append(key)
        bot = DemoBot(folder / "bot", exchange)
        bot.store(key)
        bot.write()
        unguarded = {name: value for name, value in bot.config.items() if name != "api_key_guard"}
        unguarded["exchange"] = {**bot.config["exchange"], "key": key.id, "secret": key.secret}
        (folder / "bot" / "unguarded.json").write_text(json.dumps(unguarded))
        for script in ("one_class.py", "twelve_lines.py", "to_running.py"):
            shutil.copy(HERE / script, folder)

        check = "WITH/bin/freqtrade-bitmex-guard --check-only -c bot/config.json"
        show = "bin/python -m freqtrade show-config -c bot/config.json"
        bare = f"WITHOUT/bin/python twelve_lines.py {exchange.url} bot/key bot/secret"
        barest = f"WITHOUT/bin/python one_class.py {exchange.url} bot/key bot/secret"
        trade = "bin/python -m freqtrade trade -c bot"
        start = "WITHOUT/bin/python to_running.py"
        rows = [
            Row("`python -c pass`", "WITH/bin/python -c pass", "WITHOUT/bin/python -c pass", "1.05", 40),
            Row(
                "`freqtrade --version`",
                "WITH/bin/python -m freqtrade --version",
                "WITHOUT/bin/python -m freqtrade --version",
                "1.02",
                12,
            ),
            Row("`freqtrade show-config`", f"WITH/{show}", f"WITHOUT/{show}", "1.02", 3),
            Row(
                "`freqtrade trade` to RUNNING, guarded / unguarded",
                f"{start} WITH/{trade}/config.json",
                f"{start} WITHOUT/{trade}/unguarded.json",
                "1.05",
                1,
            ),
            Row("`--check-only` / `show-config`", check, f"WITHOUT/{show}", "1.25", 3),
            Row("`--check-only` / twelve lines of ccxt", check, bare, "as low as it gets", 3),
            Row("`--check-only --format json` / one class of ccxt", f"{check} --format json", barest, "1.6", 3),
        ]
        lines, commands = [], []
        for row in rows:
            one, other = timed(row, rounds, folder)
            took = " | ".join(shown(statistics.median(each.seconds)) for each in (one, other))
            lines.append(f"| {row.figure} | {took} | {one.against(other)} | {row.target} |")
            commands.append(f"hyperfine -N '{row.one}' \\\n             '{row.other}'")
            print(lines[-1], file=sys.stderr)
        memory = []
        for row in rows[-3:]:
            used, against = peak(row.one, folder), peak(row.other, folder)
            target = "1.1" if row.other.endswith(show) else "none"
            memory.append(f"| {row.figure} | {used:.0f} MB | {against:.0f} MB | {used / against:.2f} | {target} |")
        guards = requests(check, folder, exchange)
        asked = requests(f"{start} WITH/{trade}/config.json", folder, exchange)
        about_the_key = sum(path.startswith("/apiKey") for path in asked)
        in_all = sum(path in guards for path in asked)
    log = subprocess.run([sys.executable, HERE / "log_filter.py", "--fast"], capture_output=True, text=True, check=True)
    account = subprocess.run([sys.executable, HERE / "account.py"], capture_output=True, text=True, check=True)
    measured = "\n".join(line for line in log.stdout.splitlines() if "Mean" in line or "filtered" in line)
    sys.stdout.write(
        TEXT.format(
            rounds=rounds,
            machine=machine(),
            load=", ".join(f"{each:.1f}" for each in os.getloadavg()),
            rows="\n".join(lines),
            commands="\n".join(commands).replace(exchange.url, "URL"),
            memory="\n".join(memory),
            about_the_key=about_the_key,
            in_all=in_all,
            own=len(asked) - in_all,
            account=account.stdout.strip(),
            log=measured,
        )
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 8)
