"""Commits and operations of lane 0 (vault-format §9)."""

import unicodedata
from dataclasses import dataclass

from . import FormatError, cbor
from .cbor import NULL, shape
from .crypto import label, open_block, open_object, sha256, u64, verify

PUT, DELETE, RESOLVE = 1, 2, 3
UNKNOWN, MALFORMED = "unknown", "malformed"


@dataclass
class Commit:
    id: bytes
    lane: int
    device: bytes
    log: bytes
    sequence: int
    prev: bytes
    deps: list
    members: list
    ts: int
    flags: int
    blocks: list
    sealed: list

    @property
    def atomic(self):
        return self.flags & 1

    @property
    def newer(self):
        return self.flags & ~1


@dataclass
class Operation:
    collection: str
    key: str
    kind: int
    replaces: list
    ts: int
    alive: int
    value: list
    cells: dict
    metadata: list
    content: bytes


def read_commit(vault_id, record, blocks):
    """Checks everything that needs no other commit: shape, limits, signature, blocks."""
    if len(record) > 32_768:
        raise FormatError("a commit is too long")
    reader = cbor.Reader(record)
    if reader.enter_array() != 2:
        raise FormatError("a record has another shape")
    start = reader.at
    header = shape(reader.item(), int, 32, int, 32, 16, int, 32, list, list, int, int, list)
    commit_id = sha256(label("commit"), record[start:reader.at])
    signature = reader.item()
    reader.finish()
    if not isinstance(signature, bytes) or len(signature) != 64 or not verify(header[3], label("commit-sig") + commit_id, signature):
        raise FormatError("a signature does not fit")
    _check_header(vault_id, header)
    entries = [shape(e, 16, 32, int) for e in header[11]]
    sealed = []
    for _, block_id, size in entries:
        if block_id not in blocks or len(blocks[block_id]) != size:
            raise FormatError("a commit lacks a block")
        sealed.append(blocks[block_id])
    return Commit(commit_id, header[2], *header[3:11], entries, sealed)


def _check_header(vault_id, header):
    one, vault, lane, _, _, sequence, prev, deps, members, ts, flags, blocks = header
    tags = [b[0] for b in blocks]
    good = (
        one == 1 and vault == vault_id and lane <= 1 and 1 <= sequence <= 2**53 and (prev == bytes(32)) == (sequence == 1)
        and all(_ascending(ids) and len(ids) <= 64 and all(isinstance(i, bytes) and len(i) == 32 for i in ids) for ids in (deps, members))
        and ts < 2**63 and flags <= 65_535 and len(blocks) <= 256 and _ascending(tags) and sum(b[2] for b in blocks) <= 4 * 2**20
        and (members or (lane == 1 and sequence == 1)) and (lane == 0 or (not deps and tags == [bytes(16)])))
    if not good:
        raise FormatError("a header breaks a rule")


def _ascending(items):
    return all(a < b for a, b in zip(items, items[1:]))


def utf16(text):
    """The order of cells and metadata: by UTF-16 code units."""
    return text.encode("utf-16-be")


class MissingObject(Exception):
    """A block stands in an object that is not here."""


def open_operations(keys, objects, commit):
    """A list of blocks, each a list of Operation, UNKNOWN or MALFORMED."""
    blocks = []
    for (tag, _, _), block in zip(commit.blocks, commit.sealed):
        try:
            blocks.append([_placed(keys, tag, o) for o in decode_operations(_plain(keys, objects, commit, tag, block))])
        except FormatError:
            blocks.append([MALFORMED])
    every = [o for block in blocks for o in block]
    if commit.atomic and MALFORMED in every and UNKNOWN not in every:
        return [[MALFORMED] * len(block) for block in blocks]
    return blocks


def aad(vault_id, commit, tag, epoch_id):
    return label("block") + vault_id + commit.device + commit.log + u64(commit.sequence) + tag + epoch_id


def _plain(keys, objects, commit, tag, block):
    epoch_id = block[:32]
    codec, plain = open_block(*keys.blocks[epoch_id], aad(keys.vault_id, commit, tag, epoch_id), block)
    if codec != 255:
        return plain
    reference = read_reference(cbor.decode(plain), (4,))
    if reference[0] not in objects:
        raise MissingObject(reference[0].hex())
    return open_object(keys.vault_id, reference, objects[reference[0]])


def _placed(keys, tag, operation):
    """An operation belongs in the block of its collection, under canonical names."""
    if not isinstance(operation, Operation):
        return operation
    names = (operation.collection, operation.key)
    canonical = all("\ufffe" not in n and unicodedata.is_normalized("NFC", n) for n in names)
    return operation if canonical and keys.tag(operation.collection) == tag else MALFORMED


def decode_operations(plain):
    parts = cbor.split(plain)
    if len(parts) > 65_536:
        raise FormatError("a block has too many operations")
    return [_decode_one(part) for part in parts]


def _decode_one(part):
    item = cbor.decode(part)
    if not isinstance(item, list) or not 3 <= len(item) <= 64 or not all(isinstance(n, str) and len(n.encode()) <= 4_096 for n in item[:2]) or not isinstance(item[2], int) or item[2] < 0:
        return MALFORMED
    if item[2] not in (PUT, DELETE, RESOLVE):
        return UNKNOWN
    try:
        return _read_body(item)
    except FormatError:
        return MALFORMED


def _read_body(item):
    collection, key, kind, replaces, ts, payload, metadata, content = shape(item, str, str, int, list, (int, NULL), list, (list, NULL), (bytes, NULL))
    alive, value, listed = shape(payload, int, (list, NULL), list)
    dots = [read_dot(d) for d in replaces]
    cells = [shape(c, str, (list, NULL)) for c in listed]
    paths = [utf16(path) for path, _ in cells]
    good = (
        collection and key and alive <= 1 and (kind != PUT or alive) and (kind != DELETE or not alive) and (alive or (value is None and content is None))
        and len(dots) <= 4_096 and _ascending(dots) and (ts is None or ts < 2**63) and len(cells) <= 65_536 and _ascending(paths)
        and all(path and len(path.encode()) <= 4_096 for path, _ in cells) and (content is None or len(content) == 32))
    if not good:
        raise FormatError("an operation breaks a rule")
    return Operation(collection, key, kind, dots, ts, alive, read_value(value), {p: read_value(v) for p, v in cells}, read_metadata(metadata), content)


def read_dot(item):
    commit, index = shape(item, 32, int)
    if index >= 256 * 65_536:
        raise FormatError("a dot's index is out of range")
    return commit, index


def read_reference(item, kinds):
    reference = shape(item, 32, 32, int, int)
    if reference[2] not in kinds or reference[3] > 15 * 2**20:
        raise FormatError("a reference breaks a rule")
    return reference


def read_value(item):
    if item is None:
        return None
    if len(item) == 2:
        zero, data = shape(item, int, bytes)
        if zero != 0 or len(data) > 4_096:
            raise FormatError("an inline value breaks a rule")
        return item
    one, reference, length = shape(item, int, list, int)
    read_reference(reference, (1, 2))
    if one != 1 or length > 2**53:
        raise FormatError("a value breaks a rule")
    return item


def read_metadata(item):
    if item is None:
        return None
    if len(item) > 1_024 or not all(isinstance(e, list) and len(e) == 2 and isinstance(e[0], str) and isinstance(e[1], (str, int)) for e in item):
        raise FormatError("metadata breaks a rule")
    texts_fit = all(len(k.encode()) <= 256 and (not isinstance(v, str) or len(v.encode()) <= 8_192) and (isinstance(v, str) or v < 2**63) for k, v in item)
    if not texts_fit or not _ascending([utf16(k) for k, _ in item]):
        raise FormatError("metadata breaks a rule")
    return item
