"""Measures what the filter in front of the log handlers costs each record, with pyperf.

python benchmarks/log_filter.py [--fast]
"""

import io
import logging

import pyperf
from freqtrade.loggers import LOGFORMAT
from freqtrade.loggers.buffering_handler import FTBufferingHandler
from freqtrade.loggers.ft_rich_handler import FtRichHandler
from rich.console import Console

from freqtrade_bitmex_guard.redaction import output, registry

UNFILTERED = logging.Handler.handle
registry.register_secret("key-id-of-24-characters!")
registry.register_secret("secret-of-48-characters-" * 2)
output.install()
FILTERED = logging.Handler.handle


def record(handler: logging.Handler, handle: object) -> None:
    """Send one usual record through one handler."""
    logging.Handler.handle = handle  # type: ignore[method-assign, assignment]
    logger.handlers = [handler]
    logger.info("Found open order for %s in state %s: %.8f at %.2f", "Trade(id=1, pair=BTC/USDT)", "OPEN", 0.001, 77e3)


logger = logging.Logger("benchmark", level=logging.INFO)
plain = logging.StreamHandler(io.StringIO())
plain.setFormatter(logging.Formatter(LOGFORMAT))
buffering = FTBufferingHandler(1000)
buffering.setFormatter(logging.Formatter(LOGFORMAT))
console = FtRichHandler(Console(file=io.StringIO(), width=200))
console.setFormatter(logging.Formatter("%(message)s"))

runner = pyperf.Runner()
for name, handler in (("a stream", plain), ("freqtrade's buffer", buffering), ("freqtrade's console", console)):
    runner.bench_func(f"{name}, unfiltered", record, handler, UNFILTERED)
    runner.bench_func(f"{name}, filtered", record, handler, FILTERED)
