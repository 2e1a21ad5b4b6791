"""Removal of secrets from everything that leaves the process; imports nothing of the guard."""
