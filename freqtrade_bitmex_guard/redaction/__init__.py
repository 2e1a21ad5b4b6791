"""No secret in text."""
