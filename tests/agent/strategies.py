"""Strategies for real bots behind an agent."""

from __future__ import annotations

TRADES = """
from freqtrade.strategy import IStrategy

class Trades(IStrategy):
    timeframe = "5m"
    stoploss = -0.99
    minimal_roi = {"0": 9}
    startup_candle_count = 1
    process_only_new_candles = False

    def populate_indicators(self, dataframe, metadata):
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe["enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        dataframe["exit_long"] = 0
        return dataframe

    def confirm_trade_entry(self, pair, order_type, amount, rate, time_in_force, current_time, **kwargs):
        from freqtrade.persistence import Trade
        return not Trade.get_trades_proxy()

    def custom_exit(self, pair, trade, current_time, **kwargs):
        return "done" if (current_time - trade.open_date_utc).total_seconds() > 3 else None
"""

# Each attack prints GOT if it got anything; the test looks for the secret in the output as well.
HOSTILE = r"""
import gc, json, os, pathlib, socket, struct, subprocess
from freqtrade.strategy import IStrategy

AGENT = AGENT_PID
ORDER = {"symbol": "XBT_USDT", "side": "Buy", "orderQty": 1000, "ordType": "Limit", "price": 77000.0}

def tried(name, attack):
    try:
        result = attack()
    except BaseException as problem:
        print("TRIED", name, type(problem).__name__, str(problem)[:200], flush=True)
    else:
        print("TRIED" if not result else "GOT", name, str(result)[:400], flush=True)

def speak(path, message):
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(10)
    connection.connect(path)
    body = json.dumps(message).encode()
    connection.sendall(struct.pack(">I", len(body)) + body)
    head = connection.recv(4)
    if not head:
        return None
    length, parts = struct.unpack(">I", head)[0], b""
    while len(parts) < length:
        parts += connection.recv(length - len(parts))
    return json.loads(parts)

def call(path, verb, route, params, operation="carry"):
    message = {"number": 1, "operation": operation, "api": ["private"], "verb": verb, "path": route, "params": params}
    return (speak(path, message) or {}).get("answer")

class Hostile(IStrategy):
    timeframe = "5m"
    stoploss = -0.99
    minimal_roi = {"0": 9}
    startup_candle_count = 1
    done = False

    def bot_loop_start(self, current_time, **kwargs):
        client = self.dp._exchange._api
        if not Hostile.done:
            Hostile.done = True
            self.attack(client)
        balance = self.dp._exchange.get_balances()
        print("HONEST REQUEST WORKS", sorted(balance)[:3], flush=True)

    def attack(self, client):
        path = self.config["api_key_guard"]["credentials"]["socket"]
        print("PLACEHOLDERS", client.apiKey, client.secret, flush=True)
        for value in gc.get_objects():
            if isinstance(value, dict):
                for name in ("secret", "apiKey", "api_key"):
                    if isinstance(value.get(name), str):
                        print("FOUND", value[name], flush=True)
        for name in ("environ", "mem", "maps", "root", "cwd", "fd", "cmdline", "stack"):
            target = pathlib.Path(f"/proc/{AGENT}/{name}")
            if name in ("root", "cwd", "fd"):
                tried(f"/proc {name}", lambda: list(target.iterdir()))
            else:
                # Everybody may read a command line; it holds no secret.
                tried(f"/proc {name}", lambda: name != "cmdline" and target.read_bytes())
        agent_folder = pathlib.Path(path).parent.parent / "agent"
        for name in ("key", "secret", "agent.json", "record"):
            tried(f"file {name}", lambda: (agent_folder / name).read_bytes())
        tried("list", lambda: list(agent_folder.iterdir()))
        tried("kill", lambda: os.kill(AGENT, 9) or "killed")
        tried("ptrace", self.ptrace)
        tried("replace socket", lambda: os.unlink(path) or "unlinked")
        tried("other socket", lambda: pathlib.Path(path).with_name("x").touch() or "made")
        kind = type(client)
        shape = (["private"],) if "headers" not in kind.sign.__code__.co_varnames else ("private",)
        tried("instance sign", lambda: client.sign("user/requestWithdrawal", *shape, "POST", {"amount": 1}))
        tried("class sign", lambda: self.send(client, kind.sign(client, "apiKey", *shape, "GET", {})))
        tried("class fetch2", lambda: kind.fetch2(client, "apiKey", *shape, "GET", {}))
        del client.fetch2
        tried("without shim", lambda: client.privateGetApiKey())
        tried("without shim, withdraw", lambda: client.privatePostUserRequestWithdrawal({"amount": 1}))
        self.dp._exchange._api.fetch2 = None
        for attribute, signer in self.signers():
            signer.attach(client)
            tried("through the shim: keys", lambda: client.privateGetApiKey())
            tried("through the shim: withdraw", lambda: client.privatePostUserRequestWithdrawal({"amount": 1}))
            break
        tried("socket: keys", lambda: call(path, "GET", "apiKey", {}))
        tried("socket: withdraw", lambda: call(path, "POST", "user/requestWithdrawal", {"amount": 1}))
        tried("socket: other pair", lambda: call(path, "POST", "order", {**ORDER, "symbol": "XBTUSDT"}))
        tried("socket: too large", lambda: call(path, "POST", "order", {**ORDER, "orderQty": 10_000_000}))
        tried("socket: sign", lambda: call(path, "GET", "user/margin", {"currency": "all"}, "sign"))
        for number in range(300):
            tried("flood", lambda: call(path, "POST", "user/requestWithdrawal", {"amount": number}))
        held = [socket.socket(socket.AF_UNIX) for _ in range(40)]
        for connection in held:
            tried("hold", lambda: connection.connect(path) or connection.sendall(b"\0"))
        for connection in held:
            connection.close()
        print("ATTACKS DONE", flush=True)

    def signers(self):
        from freqtrade_bitmex_guard.signing.shim import RemoteSigner
        return [("signer", value) for value in gc.get_objects() if isinstance(value, RemoteSigner)]

    def send(self, client, request):
        return client.fetch(request["url"], request["method"], request["headers"], request["body"])

    def ptrace(self):
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.ptrace(16, AGENT, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "ptrace")
        return "attached"

    def populate_indicators(self, dataframe, metadata):
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe["enter_long"] = 0
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        dataframe["exit_long"] = 0
        return dataframe
"""
