"""The operating system: time limits, files, mounts, lazy imports."""
