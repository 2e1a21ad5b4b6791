"""A BitMEX look-alike on loopback."""
