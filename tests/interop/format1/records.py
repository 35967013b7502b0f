"""Merge records (merge §6) and version ids."""

from . import cbor
from .commits import RESOLVE, utf16
from .crypto import label, sha256
from .merge import first, head_of, is_open, policy_of, settings_of


def version_id(dot):
    return sha256(label("version"), cbor.encode(list(dot))).hex()[:16]


def all_records(replica):
    """The encoded records in the order (time, id)."""
    records = [r for dot, operation in replica.operations.items() for r in _settled(replica, dot, operation)]
    for collection, key in replica.items:
        cells = replica.shown((collection, key)).cells
        policy = policy_of(settings_of(replica.items.get((collection, ""))) if key else {}, key)
        records += [_open(collection, key, path, heads, policy) for path, heads in cells.items() if is_open(heads)]
        records += _together(collection, key, cells, policy)
    return [cbor.encode(record) for _, _, record in sorted(records, key=lambda r: r[:2])]


def _identify(collection, key, path, dots):
    return sha256(label("mr"), cbor.encode([collection, key, path, [list(d) for d in dots]]))


def _together(collection, key, cells, policy):
    """Fields of several versions that stand together."""
    heads = cells.get("", [])
    if policy.name != "field-merge" or len(heads) < 2 or is_open(heads):
        return []
    fields = [(path, first(cells[path]).dot) for path in sorted(cells, key=utf16) if path]
    fields = [(path, dot) for path, dot in fields if dot in [h.dot for h in heads]]
    if len({dot for _, dot in fields}) < 2:
        return []
    record_id = _identify(collection, key, "", [h.dot for h in heads])
    record = [1, record_id, 1, collection, key, "", [h.version() for h in heads], None, list(first(heads).dot), [], 5, 11, 0, [[path, list(dot)] for path, dot in fields]]
    return [(max(h.ts for h in heads), record_id, record)]


def _open(collection, key, path, heads, policy):
    winner = first(heads, policy)
    losers = [h for h in heads if not h.same_as(winner)]
    runner = first(losers, policy)
    if winner.ts != runner.ts:
        reason = 0
    elif winner.device != runner.device:
        reason = 1
    else:
        reason = 2 if winner.dot[0] != runner.dot[0] else 3
    rule, by = {"first-writer-wins": 3, "manual": 6}.get(policy.name, 0), 0
    if policy.name == "authority" and winner.device == policy.authority and any(h.device != policy.authority for h in losers):
        rule, by = 4, 2
        reason = reason if runner.device == winner.device else 10
    reason = {3: reason + 6, 6: 12}.get(rule, reason)
    record_id = _identify(collection, key, path, [h.dot for h in heads])
    record = [1, record_id, 1, collection, key, path, [h.version() for h in heads], None, list(winner.dot), [list(h.dot) for h in losers], rule, reason, by]
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
