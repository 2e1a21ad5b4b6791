"""Help with the operating system: time limits, files, mounts, lazy imports; imports nothing of the guard."""
