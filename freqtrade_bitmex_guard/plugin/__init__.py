"""Everything that is placed into freqtrade."""
