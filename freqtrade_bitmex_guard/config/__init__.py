"""The section `api_key_guard`, and the files that it is written in."""
