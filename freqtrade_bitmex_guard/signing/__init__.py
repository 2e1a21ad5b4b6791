"""The bot's side of the signing agent; it can reach no store and no secret."""
