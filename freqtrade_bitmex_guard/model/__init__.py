"""The domain: keys, permissions, findings, verdicts."""
