"""Everything that is installed into freqtrade."""
