"""The audit: all keys of the account, its posture, what happened to it, and what changed since the last audit."""
