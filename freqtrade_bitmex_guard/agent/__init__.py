"""The signing agent: the process that holds the secret, judges each request, and sends what it lets through."""
