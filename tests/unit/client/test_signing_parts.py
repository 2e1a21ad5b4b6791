"""Requests that ccxt signs with what other exchanges issue."""

from __future__ import annotations

import base64
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from freqtrade_bitmex_guard.client.calls import ApiCall, find_api_form
from freqtrade_bitmex_guard.client.exchange_client import ExchangeClient
from freqtrade_bitmex_guard.model.credentials import KEY, PASSWORD, PEM_SECRET, SECRET, Credentials, Secret
from tests.support import factories
from tests.support.other_profiles import WITH_PASSWORD, WITH_PEM
from tests.support.pem_key import PEM


def test_a_private_key_as_a_pem_text_signs() -> None:
    profile = replace(WITH_PEM, id="binance")
    client = ExchangeClient(profile, {})
    client.open_session(Credentials({KEY: Secret(factories.KEY_ID), PEM_SECRET: Secret(PEM)}), 5.0)
    call = ApiCall("account")

    request = client._client.sign("account", find_api_form(client._client, call, profile), "GET", {})

    query = urlsplit(request["url"]).query
    signed, _, _ = query.partition("&signature=")
    signature = base64.b64decode(parse_qs(query)["signature"][0])
    private_key = serialization.load_pem_private_key(PEM.encode(), None)
    assert isinstance(private_key, rsa.RSAPrivateKey)
    private_key.public_key().verify(signature, signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    assert request["headers"]["X-MBX-APIKEY"] == factories.KEY_ID


def test_a_password_is_sent_with_the_request_that_it_belongs_to() -> None:
    profile = replace(WITH_PASSWORD, id="okx")
    client = ExchangeClient(profile, {})
    values = {KEY: factories.KEY_ID, SECRET: factories.SECRET, PASSWORD: factories.PASSWORD}
    client.open_session(Credentials({field: Secret(value) for field, value in values.items()}), 5.0)
    call = ApiCall("account/config")

    request = client._client.sign("account/config", find_api_form(client._client, call, profile), "GET", {})

    assert request["headers"]["OK-ACCESS-PASSPHRASE"] == factories.PASSWORD
    assert factories.PASSWORD not in request["url"]
