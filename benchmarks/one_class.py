import sys
from importlib.util import find_spec, module_from_spec

sys.modules["ccxt"] = module_from_spec(find_spec("ccxt"))  # not executed, so no other exchange is imported
from ccxt.bitmex import bitmex  # noqa: E402

url, key, secret = sys.argv[1:]
servers = {"urls": {"api": {"public": url, "private": url}}}
with open(key) as key_file, open(secret) as secret_file:
    client = bitmex({"apiKey": key_file.read().strip(), "secret": secret_file.read().strip(), **servers})
for entry in client.private_get_apikey():
    if entry["id"] == client.apiKey:
        permissions, addresses = entry["permissions"], entry["cidr"]
        print(f"permissions {permissions}, allowed IPs {addresses}")
