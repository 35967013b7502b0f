"""vault.json, key files, slots and the ring (vault-format §2 and §3, cryptography §4 and §8)."""

import base64
import json
import unicodedata

from . import FormatError, cbor
from .crypto import argon2id, derive, gcm_open, hmac, label, sha256

TYPES = {"passphrase": 1, "keyfile": 2, "recovery": 3}


def read_key_file(data):
    """(key id, KEK)."""
    lines = [line.rstrip(b" \t\r") for line in data.split(b"\n")]
    if len(data) > 512 or lines[0] != b"syncmodule-key 1" or lines[1][:3] != b"id " or lines[2][:4] != b"key " or any(lines[3:]):
        raise FormatError("this is no key file")
    key_id, key = bytes.fromhex(lines[1][3:].decode()), bytes.fromhex(lines[2][4:].decode())
    if len(key_id) != 16 or len(key) != 36 or sha256(label("keyfile"), key_id, key[:32])[:4] != key[32:]:
        raise FormatError("the key file was changed")
    return key_id, key[:32]


class VaultFile:
    def __init__(self, text):
        root = json.loads(text)
        if root["format"] != 1 or set(root) != {"format", "vaultId", "slots", "ring"}:
            raise FormatError("vault.json is of another format")
        self.vault_id = bytes.fromhex(root["vaultId"])
        self.slots = root["slots"]
        self.ring = root["ring"]

    def unlock_with_key_file(self, data):
        key_id, kek = read_key_file(data)
        for slot in self.slots:
            if slot["type"] == "keyfile" and bytes.fromhex(slot["keyId"]) == key_id:
                if (master := self._unwrap(slot, kek)) is not None:
                    return self._open(master)
        raise FormatError("the key file opens no slot")

    def unlock_with_passphrase(self, typed):
        passphrase = unicodedata.normalize("NFKC", typed).encode("utf-8")
        for slot in self.slots:
            if slot["type"] != "passphrase":
                continue
            m, t = slot["kdf"]["m"], slot["kdf"]["t"]
            if not (19_456 <= m <= 1_048_576 and 2 <= t <= 16 and m * t <= 4_194_304):
                raise FormatError("the slot's Argon2 parameters are out of bounds")
            kek = argon2id(passphrase, bytes.fromhex(slot["kdf"]["salt"]), m, t)
            if (master := self._unwrap(slot, kek)) is not None:
                return self._open(master)
        raise FormatError("the passphrase opens no slot")

    def _unwrap(self, slot, kek):
        kdf = slot.get("kdf")
        header = cbor.encode([
            1, self.vault_id, bytes.fromhex(slot["id"]), TYPES[slot["type"]], bytes.fromhex(slot["keyId"]) if "keyId" in slot else None,
            kdf["m"] if kdf else None, kdf["t"] if kdf else None, bytes.fromhex(kdf["salt"]) if kdf else None])
        if derive(kek, "slot/commit", sha256(header)) != bytes.fromhex(slot["commit"]):
            return None
        return gcm_open(derive(kek, "slot/wrap", sha256(header)), header, bytes.fromhex(slot["wrapped"]))

    def _open(self, master):
        salt, box = bytes.fromhex(self.ring["salt"]), base64.b64decode(self.ring["box"], validate=True)
        ring = cbor.decode(gcm_open(derive(master, "ring", self.vault_id + salt), label("ring") + self.vault_id, box))
        one, _, _, epochs, slots, _ = cbor.shape(ring, int, 32, 32, list, list, 32)
        if one != 1 or {s[0] for s in slots} != {bytes.fromhex(s["id"]) for s in self.slots}:
            raise FormatError("the ring does not fit the file")
        return Keys(self.vault_id, [secret for _, kind, secret in epochs if kind == 0], [epoch for epoch, kind, _ in epochs if kind == 0])


class Keys:
    """What the epochs give: `blocks` and `member` hold (siv key, key key)."""

    def __init__(self, vault_id, secrets, ids):
        self.vault_id = vault_id
        self.blocks = {}
        for secret, epoch_id in zip(secrets, ids):
            if derive(secret, "epoch/id", vault_id) != epoch_id:
                raise FormatError("an epoch's secret is not the one it is named for")
            self.blocks[epoch_id] = (derive(secret, "block/siv", vault_id), derive(secret, "block/key", vault_id))
        self.genesis_id, genesis = ids[0], secrets[0]
        self._genesis = genesis
        network = derive(genesis, "epoch/net", vault_id)
        self.member = (derive(network, "member/siv", vault_id), derive(network, "member/key", vault_id))
        self.digest = derive(genesis, "digest", vault_id)

    def tag(self, collection):
        name = unicodedata.normalize("NFC", collection).encode("utf-8")
        return derive(self._genesis, "collection/tag", self.vault_id + sha256(name))[:16]

    def content(self, plain):
        return hmac(derive(self._genesis, "content", self.vault_id), sha256(plain))
