"""`python -m freqtrade_bitmex_guard`."""

import sys

from freqtrade_bitmex_guard.cli import main

sys.exit(main())
