"""The signing agent: messages, limits, boundary and processes."""
