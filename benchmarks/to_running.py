"""Starts a bot and ends as soon as it runs: `python to_running.py COMMAND...`, for hyperfine."""

import subprocess
import sys

with subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as bot:
    assert bot.stdout is not None
    runs = any("to: RUNNING" in line for line in bot.stdout)
    bot.kill()
sys.exit(0 if runs else "it never ran")
