"""How Hyperliquid's actions are signed (its documentation, "Signing", and its Python SDK; EIP-712)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ccxt.static_dependencies import keccak, msgpack
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

NO_ADDRESS = "0x" + "0" * 40
_DOMAIN = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
# Only the account's own wallet can sign these actions, field by field. All others are signed as a whole.
ACCOUNT_ACTIONS = {
    "approveAgent": "ApproveAgent(string hyperliquidChain,address agentAddress,string agentName,uint64 nonce)",
    "approveBuilderFee": "ApproveBuilderFee(string hyperliquidChain,string maxFeeRate,address builder,uint64 nonce)",
    "spotSend": "SpotSend(string hyperliquidChain,string destination,string token,string amount,uint64 time)",
    "usdClassTransfer": "UsdClassTransfer(string hyperliquidChain,string amount,bool toPerp,uint64 nonce)",
    "usdSend": "UsdSend(string hyperliquidChain,string destination,string amount,uint64 time)",
    "withdraw3": "Withdraw(string hyperliquidChain,string destination,string amount,uint64 time)",
}


def keccak256(content: bytes) -> bytes:
    """Return the hash that Ethereum uses."""
    return bytes(keccak.SHA3(content))


def address_of(private_key: str) -> str:
    """Return the address of a private key."""
    point = _load(private_key).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return "0x" + keccak256(point[1:])[-20:].hex()


def has_signed(private_key: str, digest: bytes, signature: Mapping[str, Any]) -> bool:
    """Return whether a signature was made with a private key."""
    pair = encode_dss_signature(int(signature["r"], 16), int(signature["s"], 16))
    try:
        _load(private_key).public_key().verify(pair, digest, ec.ECDSA(Prehashed(SHA256())))
    except InvalidSignature:
        return False
    return True


def action_digest(content: Mapping[str, Any], *, mainnet: bool = True) -> bytes:
    """Return what is signed of a request to /exchange.

    Args:
        content: the request's whole body.
        mainnet: False is the testnet. The account's own actions name their network themselves.
    """
    action = content["action"]
    if action["type"] in ACCOUNT_ACTIONS:
        structure = f"HyperliquidTransaction:{ACCOUNT_ACTIONS[action['type']]}"
        values = [action[name] for _, name in _fields(structure)]
        return _digest("HyperliquidSignTransaction", int(action["signatureChainId"], 16), structure, values)
    packed: bytes = msgpack.packb(action) + content["nonce"].to_bytes(8, "big")
    vault, expires = content.get("vaultAddress"), content.get("expiresAfter")
    packed += b"\x01" + bytes.fromhex(vault.removeprefix("0x")) if vault else b"\x00"
    packed += b"\x00" + expires.to_bytes(8, "big") if expires else b""
    values = ["a" if mainnet else "b", keccak256(packed)]
    return _digest("Exchange", 1337, "Agent(string source,bytes32 connectionId)", values)


def _load(private_key: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int(private_key, 16), ec.SECP256K1())


def _digest(domain: str, chain: int, structure: str, values: Sequence[Any]) -> bytes:
    separator = _structure_hash(_DOMAIN, (domain, "1", chain, NO_ADDRESS))
    return keccak256(b"\x19\x01" + separator + _structure_hash(structure, values))


def _structure_hash(structure: str, values: Sequence[Any]) -> bytes:
    encoded = [_encode(kind, value) for (kind, _), value in zip(_fields(structure), values, strict=True)]
    return keccak256(keccak256(structure.encode()) + b"".join(encoded))


def _fields(structure: str) -> list[tuple[str, str]]:
    pairs = (field.split() for field in structure.partition("(")[2].rstrip(")").split(","))
    return [(kind, name) for kind, name in pairs]


def _encode(kind: str, value: Any) -> bytes:
    if kind == "string":
        return keccak256(value.encode())
    if kind == "bytes32":
        return bytes(value)
    return (int(value, 16) if kind == "address" else int(value)).to_bytes(32, "big")
