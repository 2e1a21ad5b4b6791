"""The section `api_key_guard` and the files it is written in."""
