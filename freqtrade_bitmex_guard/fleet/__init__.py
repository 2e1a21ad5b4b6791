"""The check of many bots at once, and what only shows across them."""
