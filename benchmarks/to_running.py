"""Starts a bot and ends when it is RUNNING, for hyperfine: `python to_running.py COMMAND...`."""

import subprocess
import sys

with subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as bot:
    assert bot.stdout is not None
    is_running = any("to: RUNNING" in line for line in bot.stdout)
    bot.kill()
sys.exit(0 if is_running else "it never ran")
