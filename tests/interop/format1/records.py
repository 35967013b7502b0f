"""Merge records (merge §6) and version ids."""

from . import cbor
from .commits import RESOLVE, utf16
from .crypto import label, sha256
from .merge import head_of, is_open
from .policies import DEFAULT, first


def version_id(dot):
    return sha256(label("version"), cbor.encode(list(dot))).hex()[:16]


def all_records(replica):
    """The encoded records in the order (time, id)."""
    records = [(_time_of(record), record[1], record) for record in replica.snapshot.records]
    named = _Named(replica)
    records += [r for dot, operation in replica.operations.items() for r in _settled(replica, named, dot, operation)]
    for collection, key in replica.items:
        cells = replica.shown((collection, key)).cells
        policy = replica.policy((collection, key)) if key else DEFAULT
        records += [_open(collection, key, path, heads, policy) for path, heads in cells.items() if is_open(heads)]
        records += _together(collection, key, cells, policy)
    return [cbor.encode(record) for _, _, record in sorted(records, key=lambda r: r[:2])]


def _time_of(record):
    return record[7][1] if record[7] else max(version[1] for version in record[6])


def _identify(collection, key, path, dots):
    return sha256(label("mr"), cbor.encode([collection, key, path, [list(d) for d in dots]]))


def _together(collection, key, cells, policy):
    """Fields of several versions that stand together."""
    heads = cells.get("", [])
    if policy.rule != "field-merge" or len(heads) < 2 or is_open(heads):
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
    rule, by = {"first-writer-wins": 3, "manual": 6}.get(policy.rule, 0), 0
    if policy.rule == "authority" and winner.device == policy.authority and any(h.device != policy.authority for h in losers):
        rule, by = 4, 2
        reason = reason if runner.device == winner.device else 10
    reason = {3: reason + 6, 6: 12}.get(rule, reason)
    record_id = _identify(collection, key, path, [h.dot for h in heads])
    record = [1, record_id, 1, collection, key, path, [h.version() for h in heads], None, list(winner.dot), [list(h.dot) for h in losers], rule, reason, by]
    return max(h.ts for h in heads), record_id, record


class _Named:
    """Which replaced versions a settled record tells of: not those that were gone below a floor under which the decision does not lie."""

    def __init__(self, replica):
        self.replica = replica
        self._states = {}
        self._start = replica.snapshot.items()

    def heads(self, dot, operation, path):
        """The versions, as they were written."""
        replica, found = self.replica, []
        stood = {operation.replaces[place] for place in operation.stood.get(path, range(len(operation.replaces)))}
        for one in sorted(stood):
            told = replica.operations.get(one)
            if told is not None and (told.collection, told.key) == (operation.collection, operation.key):
                found.append(head_of(told, one, replica.commits[one[0]], path))
            elif told is None:
                found += self._standing(self._start, operation, path, one)
        return [h for h in found if h is not None and self._may_name(dot, operation, path, h.dot)]

    def _may_name(self, decision, operation, path, dot):
        for floor in self.replica.floors.get(operation.collection, []):
            below = [self.replica.below(floor.tips, self.replica.commits[d[0]]) for d in (decision, dot)]
            if below == [False, True] and not self._standing(self._state(floor), operation, path, dot):
                return False
        return True

    def _state(self, floor):
        if floor.dot not in self._states:
            self._states[floor.dot] = self.replica.state_at(floor)
        return self._states[floor.dot]

    @staticmethod
    def _standing(items, operation, path, dot):
        state = items.get((operation.collection, operation.key))
        return [h for h in state.cells.get(path, []) if h.dot == dot] if state else []


def _settled(replica, named, dot, operation):
    for path in ["", *operation.cells]:
        own, heads = head_of(operation, dot, replica.commits[dot[0]], path), named.heads(dot, operation, path)
        if own and len(heads) >= 2:
            yield _decided(operation, path, own, heads)


def _decided(operation, path, own, heads):
    person = operation.kind == RESOLVE
    chosen = [h for h in heads if person and h.same_as(own)]
    winner = first(chosen) if chosen else own
    losers = [list(h.dot) for h in heads if not h.same_as(winner)]
    record_id = _identify(operation.collection, operation.key, path, [own.dot])
    record = [1, record_id, 0, operation.collection, operation.key, path, [h.version() for h in heads], own.version(), list(winner.dot), losers,
              2 if person else 1, 5 if person else 4, 1 if person else 0]
    return own.ts, record_id, record
