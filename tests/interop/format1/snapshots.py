"""The state at the floor of a checkpoint, where the operations below it are not here any more (merge §4)."""

from dataclasses import dataclass, field

from . import FormatError, cbor
from .commits import CHECKPOINT, MissingObject, Operation, open_operations
from .merge import decode_state
from .objects import read_value

STATE, RECORD, REFUSED = 1, 2, 3
NAMED = 2  # the form of a value in a state


@dataclass
class Snapshot:
    """Nothing, where every operation is folded."""

    tips: dict = field(default_factory=dict)
    states: dict = field(default_factory=dict)  # (collection, key) → bytes
    records: list = field(default_factory=list)  # decoded
    refused: list = field(default_factory=list)  # (dot, collection, key)
    operations: dict = field(default_factory=dict)  # dot → what stands there, as far as it is here

    def items(self):
        """States that may be changed. A long value is named in them, and stands in the operation that wrote it."""
        items = {name: decode_state(data) for name, data in self.states.items()}
        for state in items.values():
            for path, head in ((path, head) for path, heads in state.cells.items() for head in heads):
                if head.value and head.value[0] == NAMED:
                    wrote = self.operations[head.dot]
                    head.value = wrote.cells[path] if path else wrote.value
        return items


def adopt(replica):
    """The checkpoint with the highest floor that has snapshots of all its collections; an empty one where there is none."""
    candidates = [found for commit in replica.commits.values() if (found := _checkpoint(replica, commit))]
    if not candidates:
        return Snapshot()
    _, parts = max(candidates, key=lambda c: (sum(tips[-1][0] for tips in c[1][0].floor.values()), c[0].ts))
    snapshot = Snapshot(parts[0].floor)
    for commit in replica.commits.values():
        if commit.sealed is not None and replica.below(snapshot.tips, commit):
            snapshot.operations.update(_operations(replica, commit))
    for part in parts:
        for kind, data in _entries(read_value(replica.keys.vault_id, replica.objects, part.snapshot)):
            if kind == STATE:
                _, collection, key, *_ = cbor.decode(data)
                snapshot.states[(collection, key)] = data
            elif kind == RECORD:
                snapshot.records.append(cbor.decode(data))
            elif kind == REFUSED:
                dot, collection, key = cbor.decode(data)
                snapshot.refused.append((tuple(dot), collection, key))
            else:
                raise FormatError("a snapshot has an entry of an unknown type")
    return snapshot


def _checkpoint(replica, commit):
    """(commit, its checkpoint operations) where it can stand for what is missing."""
    if commit.sealed is None or commit.device not in replica.membership.members or not all(b[:32] in replica.keys.blocks for b in commit.sealed):
        return None
    try:
        parts = [o for o in _operations(replica, commit).values() if o.kind == CHECKPOINT and o.snapshot is not None]
        for part in parts:
            read_value(replica.keys.vault_id, replica.objects, part.snapshot)
    except MissingObject:
        return None
    same = parts and all(p.floor == parts[0].floor for p in parts)
    return (commit, parts) if same and _is_all_here(replica, parts[0].floor) else None


def _operations(replica, commit):
    blocks = open_operations(replica.keys, replica.objects, commit)
    return {(commit.id, 65_536 * b + p): o for b, block in enumerate(blocks) for p, o in enumerate(block) if isinstance(o, Operation)}


def _is_all_here(replica, floor):
    for log, tips in floor.items():
        for sequence, commit_id in tips:
            for number in range(sequence, 0, -1):
                commit = replica.commits.get(commit_id)
                if commit is None or commit.sequence != number:
                    return False
                commit_id = commit.prev
    return True


def _entries(data):
    at = 0
    while at < len(data):
        length = int.from_bytes(data[at + 1:at + 5], "big")
        if at + 5 + length > len(data):
            raise FormatError("a part of a snapshot is missing")
        yield data[at], data[at + 5:at + 5 + length]
        at += 5 + length
