"""The main job on an embedded default: no account, no network."""
