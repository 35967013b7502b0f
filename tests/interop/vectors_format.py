"""Checks of the examples of vault-format.md."""

import types

from format1 import FormatError, cbor, commits, membership, objects, storage
from format1.crypto import hmac, label, open_block, sha256, u64
from format1.records import version_id
from vectors_cryptography import genesis_keys, h, refused


def check_storage(cases, _):
    assert storage.crc32c(b"123456789") == cases["CRC-32C"]["crc"]
    first, second = cases["first group: a block and its commit"], cases["second group: an object"]
    segment = h(cases["segment header"]["header"]) + h(first["group"]) + h(second["group"])
    assert h(cases["segment header"]["header"]) == b"SMLG\1" + h(cases["segment header"]["random"])
    payloads = list(storage.groups(segment + bytes(100)))
    assert payloads == [h(first["payload"]), h(second["payload"])]
    assert [list(storage.records(p)) for p in payloads] == [[(2, b"block"), (1, b"commit")], [(3, b"object")]]
    pack, record = cases["a whole pack"], cases["object record"]
    name = pack["nameText"].removeprefix("packs/").removesuffix(".pack")
    assert list(storage.pack_objects(h(pack["pack"]), name)) == [(sha256(h(record["sealed"])), h(record["sealed"]))]
    parts = (cases["pack header"]["header"], record["record"], cases["padding of 48 bytes"]["record"], cases["end record"]["record"])
    assert "".join(parts) == pack["pack"]
    return len(cases)


def check_objects(cases, _):
    for name, case in cases.items():
        if name.startswith("refused"):
            refused(objects.read_manifest, h(case["manifest"]))
        elif "manifest" in case:
            objects.read_manifest(h(case["manifest"]))
        elif "value" in case:
            commits.read_value(cbor.decode(h(case["value"])))
    gear = _gear(h(cases["gear table"]["cdc"]))
    assert [u64(g).hex() for g in gear[:4]] == cases["gear table"]["entries0to3"]
    content = b"".join(sha256(u64(i)) for i in range(600_000 // 32 + 1))[:600_000]
    cut = next(c for n, c in cases.items() if n.startswith("cuts"))
    assert content[:32] == h(cut["first32"]) and list(_cuts(content, gear)) == cut["chunkLengths"]
    return len(cases)


def _gear(key):
    stream, block = b"", b""
    for number in range(1, 65):
        block = hmac(key, block, bytes([number]))
        stream += block
    return [int.from_bytes(stream[8 * b:8 * b + 8], "big") & (2**63 - 1) for b in range(256)]


def _cuts(content, gear):
    start = 0
    while start < len(content):
        end, rolling = min(len(content) - start, 262_144), 0
        for i in range(16_384 - 64, end):
            if i >= 16_384 and rolling >> (47 if i < 65_536 else 50) == 0:
                end = i
                break
            rolling = (rolling * 2 + gear[content[start + i]]) % 2**64
        yield end
        start += end


def check_commits(cases, files):
    keys = genesis_keys(files)
    first = {sha256(label("block"), h(b)): h(b) for b in cases["first commit of a log, one block"]["blocks"]}  # those that are refused have the same
    for name, case in cases.items():
        if "operation" in case:
            decoded = commits.decode_operations(b"\x81" + h(case["operation"]))[0]
            expected = name.split(":")[0] if ":" in name else None
            assert decoded == expected if expected in (commits.MALFORMED, commits.UNKNOWN) else isinstance(decoded, commits.Operation), name
        elif name.startswith("refused"):
            refused(commits.read_commit, keys.vault_id, h(case["record"]), first)
        elif "record" in case:
            blocks = {sha256(label("block"), h(b)): h(b) for b in case["blocks"]}
            commit = commits.read_commit(keys.vault_id, h(case["record"]), blocks)
            assert commit.id == h(case["id"]) == sha256(label("commit"), h(case["header"]))
            opened = commits.open_operations(keys, {}, commit)
            plains = sorted(len(cbor.split(h(p))) for p in case["plains"])
            assert sorted(len(b) for b in opened) == plains and all(isinstance(o, commits.Operation) for b in opened for o in b)
    dot = cases["dot and version id"]
    assert version_id(cbor.decode(h(dot["dot"]))) == dot["versionIdText"]
    return len(cases)


def check_membership(cases, files):
    keys = genesis_keys(files)
    read = []
    for name, case in cases.items():
        if "record" in case:
            commit = commits.read_commit(keys.vault_id, h(case["record"]), {sha256(label("block"), h(case["block"])): h(case["block"])})
            codec, plain = open_block(*keys.member, commits.aad(keys.vault_id, commit, bytes(16), keys.genesis_id), h(case["block"]))
            assert commit.id == h(case["id"]) and (codec, plain) == (0, h(case["plain"]))
            read.append(commit)
        elif name.startswith(("unknown", "malformed")):
            assert membership.decode_operations(h(case["plain"])) == [name.split(":")[0]]
    fold, whole = membership.Fold(keys, read[:2]), membership.Fold(keys, read)
    expected = cases["their fold"]
    members = [m for _, m in sorted(fold.members.items())]
    assert [m.device.hex() for m in members] == expected["members"] and [m.role for m in members] == expected["roles"] and [m.name for m in members] == expected["namesText"]
    assert [i.hex() for i in fold.heads] == expected["heads"] and [i.hex() for i in whole.heads] == cases["heads of the three"]["heads"]
    assert whole.nodes[read[2].id].standing == membership.INVALID and whole.members.keys() == fold.members.keys()
    return len(cases)


def lane(files):
    """The fold of the first two commits of membership.json."""
    keys = genesis_keys(files)
    pair = [files["membership.json"][n] for n in ("genesis", "add")]
    return membership.Fold(keys, [commits.read_commit(keys.vault_id, h(c["record"]), {sha256(label("block"), h(c["block"])): h(c["block"])}) for c in pair])


def operations(case, told="operations", origins="origins"):
    """(dot, Operation, what its commit says) of a case of merge.md."""
    for encoded, origin in zip(case[told], case[origins]):
        dot, ts, device, log, sequence = cbor.decode(h(origin))
        operation = commits.decode_operations(b"\x81" + h(encoded))[0]
        if not isinstance(operation, commits.Operation):
            raise FormatError("an example's operation cannot be read")
        yield tuple(dot), operation, types.SimpleNamespace(id=dot[0], ts=ts, device=device, log=log, sequence=sequence, atomic=0)


CHECKS = {"storage.json": check_storage, "objects.json": check_objects, "commits.json": check_commits, "membership.json": check_membership}
