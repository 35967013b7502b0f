"""Which commits are applied, and what they do (merge §1 to §5)."""

from dataclasses import dataclass

from . import cbor
from .commits import MALFORMED, RESOLVE, UNKNOWN, MissingObject, Operation, open_operations, utf16
from .crypto import sha256

HELD, APPLIED, QUARANTINED, PARKED = "held", "applied", "quarantined", "parked"


@dataclass
class Head:
    dot: tuple
    ts: int
    device: bytes
    log: bytes
    sequence: int
    kind: int
    alive: int
    value: list
    metadata: list
    content: bytes

    @property
    def order(self):
        return (self.ts, self.device, self.dot)

    def same_as(self, other):
        def known(metadata):
            return [e for e in metadata or [] if e[0] != "mtime"]

        return (self.alive == other.alive and self.content == other.content and (self.content is not None or self.value == other.value)
                and known(self.metadata) == known(other.metadata))

    def encoded(self):
        return [list(self.dot), self.ts, self.device, self.log, self.sequence, self.kind, self.alive, named(self.value, self.content), self.metadata, self.content]

    def version(self):
        return [list(self.dot), self.ts, self.device, value_length(self.value), self.kind, self.alive]


def named(value, content):
    """A value as a state writes it: more than 64 inline bytes are named, not repeated."""
    if value is None or value[0] != 0 or len(value[1]) <= 64:
        return value
    return [2, len(value[1]), None if content is not None else sha256(value[1])]


def value_length(value):
    return 0 if value is None else len(value[1]) if value[0] == 0 else value[2]


def head_of(operation, dot, commit, path):
    """The head that an operation puts into a cell; None where it does not touch it."""
    if path and path not in operation.cells:
        return None
    value = operation.value if not path else operation.cells[path]
    alive = operation.alive if not path else int(value is not None)
    ts = commit.ts if operation.ts is None else operation.ts
    metadata, content = (operation.metadata, operation.content) if not path else (None, None)
    return Head(dot, ts, commit.device, commit.log, commit.sequence, operation.kind, alive, value, metadata, content)


def fold(state, operation, dot, commit):
    """state: path → heads. Touches "" and the listed cells, nothing else."""
    for path in ["", *operation.cells]:
        kept = [h for h in state.get(path, []) if h.dot not in operation.replaces]
        state[path] = sorted([*kept, head_of(operation, dot, commit, path)], key=lambda h: h.dot)


def first(heads):
    return max(heads, key=lambda h: h.order)


def is_open(heads):
    return any(not h.same_as(heads[0]) for h in heads) and any(h.kind != RESOLVE for h in heads)


def is_only_deleted(state):
    return not any(h.alive for heads in state.values() for h in heads)


def vector(commits):
    """log → tips [(sequence, id)]: the commits that no other one of the set names as prev."""
    tips = {}
    followed = {c.prev for c in commits}
    for commit in commits:
        if commit.id not in followed:
            tips.setdefault(commit.log, []).append((commit.sequence, commit.id))
    return {log: sorted(sorted(tips[log], key=lambda t: t[1])[:16]) for log in sorted(tips)}


def encode_vector(tips):
    return [[log, [list(t) for t in tips[log]]] for log in tips]


class Replica:
    """All commits of lane 0, folded as far as the gate lets them through."""

    def __init__(self, keys, commits, objects, membership):
        self.keys, self.objects, self.membership = keys, objects, membership
        self.commits = {c.id: c for c in commits if c.lane == 0}
        self.state = {}
        self.operations = {}
        self.items = {}
        self._hold()
        while self._pass():
            pass

    def held(self):
        return vector([self.commits[i] for i in self.state])

    def applied(self):
        return vector([self.commits[i] for i, s in self.state.items() if s == APPLIED])

    def waits(self):
        return len(self.state) < len(self.commits) or any(s in (HELD, PARKED) for s in self.state.values())

    def _hold(self):
        for commit in sorted(self.commits.values(), key=lambda c: c.sequence):
            prev = self.commits.get(commit.prev)
            chain = prev is not None and prev.id in self.state and (prev.device, prev.log, prev.sequence) == (commit.device, commit.log, commit.sequence - 1)
            if commit.sequence == 1 or chain:
                self.state[commit.id] = HELD

    def _pass(self):
        moved = False
        for commit_id in [i for i, s in self.state.items() if s == HELD]:
            moved |= self._try(self.commits[commit_id])
        return moved

    def _through(self, commit_id):
        return self.state.get(commit_id) in (APPLIED, QUARANTINED)

    def _try(self, commit):
        """True when the commit has left the gate, whichever way."""
        needed = commit.deps + ([commit.prev] if commit.sequence > 1 else [])
        if not all(self._through(i) for i in needed) or not all(self.membership.is_folded(m) for m in commit.members):
            return False
        if commit.device not in self.membership.members:
            self.state[commit.id] = QUARANTINED
            return True
        if not all(block[:32] in self.keys.blocks for block in commit.sealed):
            return False
        try:
            blocks = open_operations(self.keys, self.objects, commit)
        except MissingObject:
            return False
        every = [o for block in blocks for o in block]
        if commit.newer or UNKNOWN in every:
            self.state[commit.id] = PARKED
            return True
        if not all(self._through(d[0]) for o in every if o != MALFORMED for d in o.replaces):
            return False
        self.state[commit.id] = APPLIED
        for b, block in enumerate(blocks):
            for position, operation in enumerate(block):
                if isinstance(operation, Operation):
                    dot = (commit.id, 65_536 * b + position)
                    self.operations[dot] = operation
                    fold(self.items.setdefault((operation.collection, operation.key), {}), operation, dot, commit)
        return True


def encode_state(collection, key, state):
    cells = [[path, [h.encoded() for h in state[path]]] for path in sorted(state, key=utf16)]
    return cbor.encode([1, collection, key, cells, [], [], []])
