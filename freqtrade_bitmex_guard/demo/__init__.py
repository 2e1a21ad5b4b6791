"""The guard at work on a simulated exchange: no account, no network."""
