"""Checks of the examples of mirror-protocol.md: frames are taken apart and put together again."""

import base64

from format1 import FormatError, cbor, commits
from format1.crypto import label, sha256, verify
from format1.storage import crc32c
from vectors_cryptography import genesis_keys, h

NAMES = {
    0x01: "HELLO", 0x03: "ACCEPT", 0x04: "DATA", 0x05: "ACK", 0x06: "COMPLETE", 0x07: "ERROR", 0x10: "COMMITS", 0x11: "NOTIFY", 0x12: "RANGE",
    0x13: "PING", 0x14: "WINDOW", 0x15: "VECTOR", 0x16: "WANT", 0x17: "MEMBERS", 0x18: "FORK", 0x19: "JOIN", 0x1A: "GRANT", 0x1B: "ACKNOWLEDGED"}
LENGTHS = {
    "HELLO": {9}, "ACK": {6}, "COMPLETE": {4}, "ERROR": {3}, "NOTIFY": {1}, "RANGE": {1, 2, 3, 4}, "PING": {2}, "WINDOW": {1}, "VECTOR": {1, 2, 4},
    "MEMBERS": {3}, "FORK": {3, 4}, "JOIN": {3}, "GRANT": {6}}


def read_frame(data):
    """(name, body item or object records)."""
    name, length = NAMES[data[0]], int.from_bytes(data[1:5], "big")
    body = data[5:]
    assert len(body) == length
    if name == "DATA":
        return name, list(_objects(body))
    item = cbor.decode(body)
    assert cbor.encode(item) == body and len(item) in LENGTHS.get(name, {len(item)})
    return name, item


def _objects(body):
    while body:
        length = int.from_bytes(body[32:36], "big")
        sealed = body[40:40 + length]
        assert sha256(sealed) == body[:32] and crc32c(body[:36]) == int.from_bytes(body[36:40], "big")
        yield body[:32]
        body = body[40 + length:]


def vector_hash(encoded):
    return sha256(label("vector"), encoded)


def check_frames(cases, _):
    for name, case in cases.items():
        if "frame" in case:
            told, body = read_frame(h(case["frame"]))
            assert told == name.split(":")[0].split()[0], name
            for signed in body if told == "ACKNOWLEDGED" else []:
                *fields, signature = cbor.decode(signed)
                assert verify(fields[2], label("ack") + cbor.encode(fields), signature)
    vector, heads = cases["vector and its hash"], cases["hash of heads"]
    assert vector_hash(h(vector["vector"])) == h(vector["hash"])
    assert sha256(label("heads"), cbor.encode([h(i) for i in heads["heads"]])) == h(heads["hash"])
    change = read_frame(h(cases["VECTOR: change"]["frame"]))[1]
    assert change[:2] == [1, h(vector["hash"])] and _resolve(cbor.decode(h(vector["vector"])), change) == _base_of(cases)
    return len(cases)


def _resolve(base, message):
    """The vector that a VECTOR of form 1 means, standing on base."""
    logs = dict((log, tips) for log, tips in base if log not in message[3])
    logs.update((log, tips) for log, tips in message[2])
    return [[log, logs[log]] for log in sorted(logs)]


def _base_of(cases):
    """The vector that the third VECTOR stands on is the one that the second one led to: its hash says so."""
    base = _resolve(cbor.decode(h(cases["vector and its hash"]["vector"])), read_frame(h(cases["VECTOR: change"]["frame"]))[1])
    assert vector_hash(cbor.encode(base)) == read_frame(h(cases["VECTOR: change by which logs are gone"]["frame"]))[1][1]
    return base


def check_session(cases, _):
    vault = h(cases["the vault"]["vaultId"])
    for name, case in cases.items():
        if "framesText" not in case:
            continue
        crossed = [(f[0], *read_frame(h(f[2:]))) for f in case["framesText"]]
        assert " ".join(f"{who}:{kind}" for who, kind, _ in crossed) == case["typesText"], name
        for _, _, bundles in (c for c in crossed if c[1] == "COMMITS"):
            for record, blocks in bundles:
                commits.read_commit(vault, record, {sha256(label("block"), b): b for b in blocks})
        reasons = {who: [item[0] for w, kind, item in crossed if w == who and kind == "COMPLETE"] for who in "ir"}
        assert reasons == {"i": [0, 1], "r": [0, 1]}, name
        _check_agreement(name, crossed)
    return len(cases)


def _check_agreement(name, crossed):
    """Both acknowledgements end in equal applied hashes, digests and heads."""
    acks = {who: item for who, kind, item in crossed if kind == "ACK"}
    assert acks["i"][2:] == acks["r"][2:] and acks["i"][2] == 1, name


def check_invite(cases, files):
    invite = cases["invite"]
    encoded = invite["inviteText"].removeprefix("syncmodule:")
    data = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    assert sha256(label("invite/text"), data[:-4])[:4] == data[-4:]
    expected = [1, h(invite["secret"]), h(invite["vaultId"]), h(invite["inviter"]), invite["addressesText"], [], invite["expiresMs"]]
    assert cbor.decode(data[:-4]) == expected
    keys = genesis_keys(files)
    _, grant = read_frame(h(cases["GRANT"]["frame"]))
    if grant[3] != [[keys.genesis_id, h(files["keys.json"]["inputs"]["es"])]]:
        raise FormatError("the grant has another epoch")
    assert grant[1] == h(files["membership.json"]["genesis"]["id"]) and len(grant[2]) == 2
    _, join = read_frame(h(cases["JOIN"]["frame"]))
    assert join[2] == h(files["identity.json"]["joiner's certificate"]["certificate"])
    assert read_frame(h(cases["COMPLETE"]["frame"])) == ("COMPLETE", [1, 0, 0, 0])
    return len(cases)


CHECKS = {"frames.json": check_frames, "session.json": check_session, "invite.json": check_invite}
