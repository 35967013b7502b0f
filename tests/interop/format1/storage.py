"""The commit log and the packs (vault-format §4 and §5)."""

from pathlib import Path

from . import FormatError
from .crypto import sha256, u32, u64

COMMIT, BLOCK, OBJECT, MEMBERSHIP, PRUNED = 1, 2, 3, 4, 5

_TABLE = []
for _n in range(256):
    for _ in range(8):
        _n = _n >> 1 ^ (0x82F63B78 if _n & 1 else 0)
    _TABLE.append(_n)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ _TABLE[(crc ^ byte) & 255]
    return crc ^ 0xFFFFFFFF


def segments(folder):
    """The log's files in their order."""
    return sorted((f for f in Path(folder, "log").glob("*.log") if f.stem.isdigit()), key=lambda f: int(f.stem))


def groups(data):
    """The payloads of a sound segment's groups. Damage is an error here: a reader that only reads has nothing to repair."""
    if data[:5] != b"SMLG\x01" or len(data) < 21:
        raise FormatError("this is no segment")
    random, at, number = data[5:21], 21, 1
    while at < len(data):
        head = data[at:at + 24]
        length = int.from_bytes(head[16:20], "big")
        payload = data[at + 24:at + 24 + length]
        whole = len(head) == 24 and len(payload) == length and head[:8] == random[:8]
        if not whole or crc32c(random + u64(number) + u32(length) + payload) != int.from_bytes(head[20:], "big") or head[8:16] != u64(number):
            break
        yield payload
        at, number = at + 24 + length, number + 1
    if any(data[at:]):
        raise FormatError("bytes behind the last group are neither a group nor zeros")


def records(payload):
    """(type, bytes) of a group's records."""
    at = 0
    while at < len(payload):
        length = int.from_bytes(payload[at + 1:at + 5], "big")
        if at + 5 + length > len(payload):
            raise FormatError("a group's records do not fill it")
        yield payload[at], payload[at + 5:at + 5 + length]
        at += 5 + length


def pack_objects(data, name):
    """(address, sealed bytes) of a closed pack."""
    if data[:5] != b"SMPK\x01" or data[5:21].hex() != name:
        raise FormatError("this is no pack, or another one's file")
    at = 21
    while at < len(data):
        head = data[at:at + 40]
        address, length = head[:32], int.from_bytes(head[32:36], "big")
        if len(head) < 40 or crc32c(head[:36]) != int.from_bytes(head[36:], "big"):
            raise FormatError("a record of a pack is damaged")
        body = data[at + 40:at + 40 + length]
        at += 40 + length
        if any(address):
            if len(body) != length or sha256(body) != address:
                raise FormatError("an object does not match its address")
            yield address, body
        elif length == 0 and at != len(data):
            raise FormatError("something follows the end of a pack")


def read(folder):
    """(commits as (type, record, {block id: block}), objects by address)."""
    commits, objects = [], {}
    for segment in segments(folder):
        for payload in groups(segment.read_bytes()):
            blocks = {}
            for kind, data in records(payload):
                if kind == BLOCK:
                    blocks[sha256(b"syncmodule/1/block\0", data)] = data
                elif kind == OBJECT:
                    objects[sha256(data)] = data
                elif kind in (COMMIT, MEMBERSHIP, PRUNED):
                    commits.append((kind, data, blocks))
    for pack in sorted(Path(folder, "packs").glob("*.pack")):
        objects.update(pack_objects(pack.read_bytes(), pack.stem))
    return commits, objects
