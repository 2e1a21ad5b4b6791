import sys

import ccxt

url, key, secret = sys.argv[1:]
servers = {"urls": {"api": {"public": url, "private": url}}}
with open(key) as key_file, open(secret) as secret_file:
    client = ccxt.bitmex({"apiKey": key_file.read().strip(), "secret": secret_file.read().strip(), **servers})
for entry in client.private_get_apikey():
    if entry["id"] == client.apiKey:
        permissions, addresses = entry["permissions"], entry["cidr"]
        print(f"permissions {permissions}, allowed IPs {addresses}")
