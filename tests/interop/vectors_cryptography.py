"""Checks of the examples of cryptography.md. A check gets the cases of its file by name and all files, and gives the number of cases."""

import unicodedata

import nacl.bindings

from format1 import FormatError, cbor, keys
from format1.crypto import (argon2id, derive, gcm_open, hmac, is_low_order, label, open_block, open_object, padded_length, sha256, u32, u64, unpack, verify)
from format1.noise import Handshake, public


def h(text):
    return bytes.fromhex(text)


def refused(action, *arguments):
    try:
        action(*arguments)
    except FormatError:
        return
    raise AssertionError(f"{arguments} was not refused")


def genesis_keys(files):
    inputs = files["keys.json"]["inputs"]
    return keys.Keys(h(inputs["vaultId"]), [h(inputs["es"])], [h(files["keys.json"]["from ES"]["epoch/id"])])


def check_encoding(cases, _):
    for name, case in cases.items():
        if "padded" in case:
            assert padded_length(case["length"]) == case["padded"], name
        elif name.startswith("refused"):
            refused(cbor.decode, h(case["cbor"]))
        else:
            item = cbor.decode(h(case["cbor"]))
            assert cbor.encode(item) == h(case["cbor"]), name
            if name.split()[0] in ("unsigned", "negative"):
                assert item == int(name.split()[1])
            assert item == case.get("valueText", item) and ("bytes" not in case or item == h(case["bytes"])), name
    return len(cases)


def check_keys(cases, _):
    vault, es = h(cases["inputs"]["vaultId"]), h(cases["inputs"]["es"])
    network = derive(es, "epoch/net", vault)
    for name, secret in (("from ES", es), ("from ES of genesis", es), ("from NS", network), ("from NS of genesis", network), ("from NS, reserved", network)):
        for field, value in cases[name].items():
            assert field == "name" or derive(secret, field, vault) == h(value), field
    local = cases["from IK"]
    assert all(derive(h(local["ik"]), f, vault) == h(local[f]) for f in local if "/" in f)
    invite = cases["from an invite"]
    root = hmac(label("invite"), h(invite["secret"]))
    assert root == h(invite["is"]) and all(derive(root, f, vault) == h(invite[f]) for f in invite if "/" in f)
    content = cases["a content id"]
    assert hmac(derive(es, "content", vault), sha256(h(content["plain"]))) == h(content["content"])
    content = cases["a content id of a value of two chunks"]
    assert hmac(derive(es, "content", vault), content["length"].to_bytes(8, "big") + sha256(h(content["keys"]))) == h(content["content"])
    for case in (c for c in cases.values() if "nameText" in c):
        name = unicodedata.normalize("NFC", case["nameText"]).encode()
        assert derive(es, "collection/tag", vault + sha256(name))[:16] == h(case["tag"])
    return len(cases)


def check_identity(cases, _):
    for name in ("founder", "joiner"):
        device = cases[name]
        key, signing = nacl.bindings.crypto_sign_seed_keypair(h(device["seed"]))
        assert key == h(device["ed"]) and public(h(device["xSecret"])) == h(device["x"])
        certificate = cases[f"{name}'s certificate"]
        fields = cbor.decode(h(certificate["certificate"]))
        assert label("device") + cbor.encode(fields[:5]) == h(certificate["signed"]) and verify(key, h(certificate["signed"]), fields[5])
        assert nacl.bindings.crypto_sign(h(certificate["signed"]), signing)[:64] == fields[5] and len(h(certificate["certificate"])) == 171
    record = cases["genesis record"]
    assert cbor.encode([1, h(record["random"]), h(cases["founder"]["ed"]), h(cases["founder"]["x"]), 0]) == h(record["record"])
    assert sha256(label("genesis"), h(record["record"])) == h(record["vaultId"])
    commit = cases["signature of a commit"]
    assert label("commit-sig") + h(commit["id"]) == h(commit["signed"]) and verify(h(cases["founder"]["ed"]), h(commit["signed"]), h(commit["signature"]))
    assert all(is_low_order(h(k)) for k in cases["low-order X25519 keys that are refused"]["keys"])
    return len(cases)


def check_seals(cases, files):
    opened = genesis_keys(files)
    for name in (n for n in cases if "block" in n):
        case = cases[name]
        epoch = h(case["block"])[:32]
        pair = opened.member if case["tag"] == "0" * 32 else opened.blocks[epoch]
        aad = label("block") + b"".join(h(case[f]) for f in ("vaultId", "device", "log")) + u64(case["sequence"]) + h(case["tag"]) + epoch
        assert len(aad) == 155
        if "malformed" in name:
            refused(open_block, *pair, aad, h(case["block"]))
            continue
        codec, plain = open_block(*pair, aad, h(case["block"]))
        assert plain == h(case["plain"]) and codec == (255 if "255" in name else 0)
        assert "id" not in case or sha256(label("block"), h(case["block"])) == h(case["id"])
    for name in (n for n in cases if "sealed" in cases[n]):
        case = cases[name]
        reference = cbor.decode(h(case["reference"]))
        assert reference[:2] == [h(case["address"]), h(case["key"])]
        if "brotli" in name or name.startswith("refused"):
            refused(open_object, opened.vault_id, reference, h(case["sealed"]))  # brotli is not read here
        else:
            assert open_object(opened.vault_id, reference, h(case["sealed"])) == h(case["plain"])
        assert "zstd" not in name or unpack(1, h(case["data"]), 1_000) == h(case["plain"])
    row = cases["row"]
    aad = bytes([row["table"]]) + h(row["rowKey"])
    siv = hmac(h(row["sivKey"]), u32(len(aad)), aad, h(row["body"]))
    assert siv == h(row["row"])[:32] and gcm_open(hmac(h(row["keyKey"]), siv), aad + siv, h(row["row"])[32:]) == h(row["body"])
    return len(cases)


def check_slots(cases, files):
    key_file, passphrase = cases["key file"], cases["passphrase"]
    assert keys.read_key_file(key_file["fileText"].encode()) == (h(key_file["keyId"]), h(key_file["kek"]))
    utf8 = unicodedata.normalize("NFKC", passphrase["typedText"]).encode()
    assert utf8 == h(passphrase["utf8"]) and argon2id(utf8, h(passphrase["salt"]), passphrase["m"], passphrase["t"]) == h(passphrase["kek"])
    ring = cases["ring"]
    for name, kek in (("slot of the key file", h(key_file["kek"])), ("slot of the passphrase", h(passphrase["kek"]))):
        slot = cases[name]
        hashed = sha256(h(slot["header"]))
        assert derive(kek, "slot/commit", hashed) == h(slot["commit"]) and gcm_open(derive(kek, "slot/wrap", hashed), h(slot["header"]), h(slot["wrapped"])) == h(ring["lmk"])
    vault = h(files["keys.json"]["inputs"]["vaultId"])
    assert gcm_open(derive(h(ring["lmk"]), "ring", vault + h(ring["salt"])), label("ring") + vault, h(ring["box"])) == h(ring["ring"])
    file = keys.VaultFile(cases["vault.json"]["fileText"])
    assert file.unlock_with_passphrase("five 1 words").blocks.keys() == file.unlock_with_key_file(key_file["fileText"].encode()).blocks.keys()
    return len(cases)


def check_noise(cases, files):
    identity, derived = files["identity.json"], files["keys.json"]
    vault = h(derived["inputs"]["vaultId"])
    for kind, preamble, named, mac, pinned in (("member", b"SM\1\0", "from NS", "noise", vault), ("invite", b"SM\1\1", "from an invite", "invite", bytes(32))):
        case = cases[f"{kind}: handshake"]
        psk, mac_key = h(derived[named][f"{mac}/psk"]), h(derived[named][f"{mac}/mac1"])
        prologue = label("noise") + preamble + pinned + b"\0"
        assert prologue == h(case["prologue"]) and psk == h(case["psk"])
        sides = [Handshake(i == 0, prologue, h(identity[name]["xSecret"]), psk, bytes(range(i + 1, i + 33))) for i, name in enumerate(("joiner", "founder"))]
        first = sides[0].write(b"")
        assert preamble + hmac(mac_key, preamble, first)[:16] + first == h(case["message1"])
        sides[1].read(first)
        answer = sides[1].write(h(identity["founder's certificate"]["certificate"]))
        assert answer == h(case["message2"]) and sides[0].read(answer) == h(identity["founder's certificate"]["certificate"])
        third = sides[0].write(h(identity["joiner's certificate"]["certificate"]) + h(case["early"]))
        assert third == h(case["message3"]) and sides[1].read(third).endswith(h(case["early"]))
        assert sides[0].h == sides[1].h == h(case["handshakeHash"])
        sending, answering = sides[0].split()
        hello = cases[f"{kind}: first transport messages of \"hello\""]
        assert (sending.send(b"hello"), answering.send(b"hello")) == (h(hello["fromInitiator"]), h(hello["fromResponder"]))
        rekeyed = cases[f"{kind}: empty messages around the initiator's first new key"]
        last = [sending.send(b"") for _ in range(16_384)][-2:]
        assert last == [h(rekeyed["message16384"]), h(rekeyed["message16385"])]
    return len(cases)


CHECKS = {"encoding.json": check_encoding, "keys.json": check_keys, "identity.json": check_identity, "seals.json": check_seals, "slots.json": check_slots, "noise.json": check_noise}
