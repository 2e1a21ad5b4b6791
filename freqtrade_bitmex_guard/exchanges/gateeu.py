"""Gate EU, spot: Gate for the European Union, on a server of its own."""

from __future__ import annotations

from dataclasses import replace

from freqtrade_bitmex_guard.exchanges import gate

PROFILE = replace(
    gate.PROFILE,
    id="gateeu",
    title="Gate EU",
    # ccxt asks the second one about futures.
    hosts=("api.gateeu.com", "api.gateio.ws", gate.TEST_HOST),
    websocket_hosts=(
        *("api.gateeu.com", "ws.gateeu.com", "fx-ws.gateio.ws", "op-ws.gateio.live"),
        *gate.TEST_WEBSOCKET_HOSTS,
    ),
    page=replace(
        gate.PROFILE.page,
        location="the page API Management of Gate EU",
        two_factor="In Gate EU's security settings, switch on two-factor authentication.",
        edit="Edit the key on Gate EU's page API Management.",
    ),
)


class GateEU(gate.Gate):
    """Reads the same as Gate."""

    profile = PROFILE


ADAPTER = GateEU()
