"""Merge records (merge §6) and version ids."""

from . import cbor
from .commits import RESOLVE
from .crypto import label, sha256
from .merge import first, head_of, is_open


def version_id(dot):
    return sha256(label("version"), cbor.encode(list(dot))).hex()[:16]


def all_records(replica):
    """The encoded records in the order (time, id)."""
    records = [r for dot, operation in replica.operations.items() for r in _settled(replica, dot, operation)]
    for collection, key in replica.items:
        records += [_open(collection, key, path, heads) for path, heads in replica.shown((collection, key)).cells.items() if is_open(heads)]
    return [cbor.encode(record) for _, _, record in sorted(records, key=lambda r: r[:2])]


def _identify(collection, key, path, dots):
    return sha256(label("mr"), cbor.encode([collection, key, path, [list(d) for d in dots]]))


def _open(collection, key, path, heads):
    winner = first(heads)
    losers = [h for h in heads if not h.same_as(winner)]
    runner = max(losers, key=lambda h: h.order)
    if winner.ts != runner.ts:
        reason = 0
    elif winner.device != runner.device:
        reason = 1
    else:
        reason = 2 if winner.dot[0] != runner.dot[0] else 3
    record_id = _identify(collection, key, path, [h.dot for h in heads])
    record = [1, record_id, 1, collection, key, path, [h.version() for h in heads], None, list(winner.dot), [list(h.dot) for h in losers], 0, reason, 0]
    return max(h.ts for h in heads), record_id, record


def _settled(replica, dot, operation):
    replaced = sorted(d for d in set(operation.replaces) if d in replica.operations)
    replaced = [d for d in replaced if (replica.operations[d].collection, replica.operations[d].key) == (operation.collection, operation.key)]
    for path in ["", *operation.cells]:
        stood = {operation.replaces[place] for place in operation.stood.get(path, range(len(operation.replaces)))}
        heads = [head_of(replica.operations[d], d, replica.commits[d[0]], path) for d in replaced if d in stood]
        heads = [h for h in heads if h is not None]
        if len(heads) >= 2 and head_of(operation, dot, replica.commits[dot[0]], path):
            yield _decided(operation, path, head_of(operation, dot, replica.commits[dot[0]], path), heads)


def _decided(operation, path, own, heads):
    person = operation.kind == RESOLVE
    chosen = [h for h in heads if person and h.same_as(own)]
    winner = first(chosen) if chosen else own
    losers = [list(h.dot) for h in heads if not h.same_as(winner)]
    record_id = _identify(operation.collection, operation.key, path, [own.dot])
    record = [1, record_id, 0, operation.collection, operation.key, path, [h.version() for h in heads], own.version(), list(winner.dot), losers,
              2 if person else 1, 5 if person else 4, 1 if person else 0]
    return own.ts, record_id, record
