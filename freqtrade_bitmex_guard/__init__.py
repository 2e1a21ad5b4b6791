"""freqtrade does not start on an API key that can do more than trade.

This file is imported at every start of the interpreter in the environment it is installed in: it must stay empty
but for the version.
"""

__version__ = "0.1.0"
