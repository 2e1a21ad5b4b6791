"""One check of one bot's key."""
