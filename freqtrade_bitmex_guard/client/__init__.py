"""Talk with an exchange, through ccxt."""
