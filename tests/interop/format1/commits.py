"""Commits and operations of lane 0 (vault-format §9)."""

import unicodedata
from dataclasses import dataclass

from . import FormatError, cbor
from .cbor import NULL, SIGNED, shape
from .crypto import label, open_block, open_object, sha256, u64, verify

PUT, DELETE, RESOLVE, PATCH, INC, SET_COUNTER, ADD, REMOVE, RMTREE, OWN, POLICY, CHECKPOINT = range(1, 13)
OF_ITEM = (PUT, DELETE, RESOLVE, PATCH, POLICY)  # those that touch the cell ""
OF_COLLECTION = (RMTREE, OWN, POLICY, CHECKPOINT)
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
    sealed: list  # None of one that was pruned

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
    stood: dict  # path → places in replaces, of the cells that say it
    increments: dict  # path → delta
    elements: dict  # path → elements, of add and remove
    tree: tuple  # prefix, log → tips that were seen
    dropped: dict  # key → path → dots, of a checkpoint
    floor: dict  # log → tips, of a checkpoint
    snapshot: list  # a value, of a checkpoint that has one
    own: tuple  # unit, to, after or None, log → tips of final
    generation: tuple  # the dot that it cites, or None


def read_commit(vault_id, record, blocks):
    """Checks everything that needs no other commit: shape, limits, signature, blocks. Without blocks it is a pruned one."""
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
    if blocks is None:
        return Commit(commit_id, header[2], *header[3:11], entries, None)
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
    if not PUT <= item[2] <= CHECKPOINT:
        return UNKNOWN
    try:
        return _read_body(item)
    except FormatError:
        return MALFORMED


def _read_body(item):
    generation = read_dot(item.pop()) if len(item) == 9 else None
    collection, key, kind, replaces, ts, payload, metadata, content = shape(item, str, str, int, list, (int, NULL), list, (list, NULL), (bytes, NULL))
    dots = [read_dot(d) for d in replaces]
    good = (
        collection and (not key) == (kind in OF_COLLECTION) and len(dots) <= 4_096 and _ascending(dots) and (ts is None or ts < 2**63)
        and (content is None or len(content) == 32) and (generation is None or key))
    if not good:
        raise FormatError("an operation breaks a rule")
    operation = Operation(collection, key, kind, dots, ts, 0, None, {}, read_metadata(metadata), content, {}, {}, {}, None, {}, {}, None, None, generation)
    if kind not in (*OF_ITEM, SET_COUNTER) and not (metadata is None and content is None):
        raise FormatError("an operation of this kind has neither metadata nor content")
    if kind == INC:
        operation.increments = dict(_listed(payload, SIGNED, _read_delta))
    elif kind in (ADD, REMOVE):
        operation.elements = dict(_listed(payload, list, _read_elements))
    elif kind == RMTREE:
        prefix, seen = shape(payload, str, list)
        operation.tree = (_short(prefix), read_vector(seen))
    elif kind == OWN:
        unit, to, after, final = shape(payload, str, 32, (list, NULL), list)
        operation.own = (_short(unit), to, None if after is None else read_dot(after), read_vector(final))
    elif kind == CHECKPOINT:
        floor, state_hash, dropped, snapshot = shape(payload, list, bytes, list, (list, NULL))
        operation.floor = read_vector(floor)
        if len(state_hash) != 32:
            raise FormatError("a state hash has 32 bytes")
        operation.snapshot = read_value(snapshot)
        operation.dropped = _dropped(dropped)
    else:
        _read_cells(operation, payload)
    return operation


def _dropped(listed):
    items = {}
    for item in listed:
        key, cells = shape(item, str, list)
        items[_short(key)] = {_short(path): [read_dot(d) for d in dots] for path, dots in (shape(c, str, list) for c in cells)}
        paths = [c[0] for c in cells]
        if not key or not cells or not _ascending([utf16(p) for p in paths]) or not all(dots and _ascending(dots) for dots in items[key].values()):
            raise FormatError("a checkpoint breaks a rule")
    if not _ascending([utf16(item[0]) for item in listed]):
        raise FormatError("a checkpoint's items are out of order")
    return items


def _read_cells(operation, payload):
    if len(payload) == 4:
        *payload, stood = payload
        operation.stood[""] = _read_places(stood, len(operation.replaces))
    operation.alive, value, listed = shape(payload, int, (list, NULL), list)
    operation.value = read_value(value)
    for cell in listed:
        if len(cell) == 3:
            *cell, stood = shape(cell, str, (list, NULL), list)
            operation.stood[cell[0]] = _read_places(stood, len(operation.replaces))
        path, value = shape(cell, str, (list, NULL))
        operation.cells[_short(path)] = read_value(value, in_cell=True)
    paths = [utf16(c[0]) for c in listed]
    kind, alive, only_cells = operation.kind, operation.alive, operation.value is None and operation.content is None
    good = (
        alive <= 1 and (kind in (DELETE, RESOLVE) or alive) and (kind != DELETE or not alive) and (alive or only_cells)
        and (kind not in (PATCH, SET_COUNTER, POLICY) or only_cells) and len(paths) <= 65_536 and _ascending(paths) and "" not in operation.cells
        and (kind != SET_COUNTER or (operation.metadata is None and listed and all(is_counter(v) for v in operation.cells.values()))))
    if not good:
        raise FormatError("an operation breaks a rule")


def _short(text):
    if len(text.encode()) > 4_096:
        raise FormatError("a name is too long")
    return text


def _read_places(item, count):
    if not isinstance(item, list) or not all(isinstance(p, int) and 0 <= p < count for p in item) or not _ascending(item):
        raise FormatError("places of versions break a rule")
    return item


def _listed(payload, field, read):
    """Pairs of a path and something, in the order of the paths."""
    entries = [shape(entry, str, field) for entry in payload]
    paths = [utf16(_short(path)) for path, _ in entries]
    if not 1 <= len(entries) <= 65_536 or not paths[0] or not _ascending(paths):
        raise FormatError("paths break a rule")
    return [(path, read(what)) for path, what in entries]


def _read_delta(item):
    if item == 0 or abs(item) > 2**53:
        raise FormatError("an increment breaks a rule")
    return item


def _read_elements(item):
    if not 1 <= len(item) <= 65_536 or not all(isinstance(e, bytes) and len(e) <= 4_096 for e in item) or not _ascending(item):
        raise FormatError("elements break a rule")
    return item


def read_vector(item):
    """log → tips [(sequence, id)]."""
    entries = [shape(entry, 16, list) for entry in item]
    tips = {log: [tuple(shape(t, int, 32)) for t in listed] for log, listed in entries}
    good = len(entries) <= 2**20 and _ascending([log for log, _ in entries]) and all(
        1 <= len(t) <= 16 and _ascending(t) and all(1 <= sequence <= 2**53 for sequence, _ in t) for t in tips.values())
    if not good:
        raise FormatError("a vector breaks a rule")
    return tips


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


def is_counter(value):
    return value is not None and value[0] == 3


def read_value(item, in_cell=False):
    if item is None:
        return None
    if in_cell and len(item) == 3 and item[0] == 3:
        _, base, sums = shape(item, int, SIGNED, list)
        entries = [shape(entry, 16, SIGNED) for entry in sums]
        if len(entries) > 65_536 or not _ascending([log for log, _ in entries]) or not all(-2**63 <= n < 2**63 for n in [base, *(n for _, n in entries)]):
            raise FormatError("a counter's beginning breaks a rule")
        return item
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
