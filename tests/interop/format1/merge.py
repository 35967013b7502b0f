"""Which commits are applied, and what they do (merge §1 to §5)."""

import base64
import json
import re
from dataclasses import dataclass, field

from . import cbor
from .commits import ADD, CHECKPOINT, DELETE, MALFORMED, OF_ITEM, PUT, RESOLVE, RMTREE, UNKNOWN, MissingObject, Operation, open_operations, utf16
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


@dataclass
class Tree:
    dot: tuple
    ts: int
    device: bytes
    log: bytes
    sequence: int
    prefix: str
    seen: dict

    @property
    def order(self):
        return (self.ts, self.device, self.dot)

    def encoded(self):
        return [list(self.dot), self.ts, self.device, self.log, self.sequence, self.prefix, encode_vector(self.seen)]


@dataclass
class State:
    """Of an item, or with the key "" of a collection."""

    cells: dict = field(default_factory=dict)  # path → heads
    counters: dict = field(default_factory=dict)  # path → log → sum
    sets: dict = field(default_factory=dict)  # path → element → heads
    trees: list = field(default_factory=list)


def named(value, content):
    """A value as a state writes it: more than 64 inline bytes are named, not repeated."""
    if value is None or value[0] != 0 or len(value[1]) <= 64:
        return value
    return [2, len(value[1]), None if content is not None else sha256(value[1])]


def value_length(value):
    return 0 if value is None or value[0] == 3 else len(value[1]) if value[0] == 0 else value[2]


def head_of(operation, dot, commit, path):
    """The head that an operation puts into a cell; None where it does not touch it."""
    if operation.kind not in OF_ITEM if not path else path not in operation.cells:
        return None
    value = operation.value if not path else operation.cells[path]
    alive = operation.alive if not path else int(value is not None)
    metadata, content = (operation.metadata, operation.content) if not path else (None, None)
    return Head(dot, time_of(operation, commit), commit.device, commit.log, commit.sequence, operation.kind, alive, value, metadata, content)


def time_of(operation, commit):
    return commit.ts if operation.ts is None else operation.ts


def fold(state, operation, dot, commit):
    """Changes the state by one operation (merge §4)."""
    for path in [*([""] if operation.kind in OF_ITEM else []), *operation.cells]:
        _replace(state.cells, path, operation, head_of(operation, dot, commit, path))
    if operation.kind in (PUT, DELETE, RESOLVE):
        touched = {path: list(elements) for path, elements in state.sets.items()}
    else:
        touched = operation.elements
    addition = Head(dot, time_of(operation, commit), commit.device, commit.log, commit.sequence, ADD, 1, None, None, None)
    for path, elements in touched.items():
        of_path = state.sets.setdefault(path, {})
        for element in elements:
            _replace(of_path, element, operation, addition if operation.kind == ADD else None)
    state.sets = {path: elements for path, elements in state.sets.items() if elements}
    for path, delta in operation.increments.items():
        sums = state.counters.setdefault(path, {})
        sums[commit.log] = (sums.get(commit.log, 0) + delta + 2**63) % 2**64 - 2**63
    if operation.kind == RMTREE:
        state.trees = sorted([*state.trees, Tree(dot, addition.ts, commit.device, commit.log, commit.sequence, *operation.tree)], key=lambda t: t.dot)


def drop(state, cells):
    """A checkpoint takes out the deletions that it names, and nothing that lives (merge §4)."""
    for path, dots in cells.items():
        kept = [h for h in state.cells.get(path, []) if h.alive or h.dot not in dots]
        if kept:
            state.cells[path] = kept
        else:
            state.cells.pop(path, None)


def _replace(places, name, operation, own):
    """The heads that the operation names go, its own comes; a place without heads is not there."""
    kept = [h for h in places.get(name, []) if h.dot not in operation.replaces] + ([own] if own else [])
    places[name] = sorted(kept, key=lambda h: h.dot)
    if not kept:
        del places[name]


def show(state, key, trees, previous):
    """The state as it shows under the trees of its collection. previous: commit → the one before it in its log."""
    covering = sorted((t for t in trees if key.encode("utf-8").startswith(t.prefix.encode("utf-8"))), key=lambda t: t.order, reverse=True)

    def tree_over(head):
        return next((t for t in covering if _saw(t, head, previous)), None)

    cells = {}
    for path, heads in state.cells.items():
        shown = {}
        for head in heads:
            tree = tree_over(head)
            visible = head if tree is None else Head(tree.dot, tree.ts, tree.device, tree.log, tree.sequence, RMTREE, 0, None, None, None)
            shown[visible.dot] = visible
        cells[path] = [shown[dot] for dot in sorted(shown)]
    sets = {}
    for path, elements in state.sets.items():
        left = {element: [h for h in heads if tree_over(h) is None] for element, heads in elements.items()}
        left = {element: heads for element, heads in left.items() if heads}
        if left:
            sets[path] = left
    return State(cells, state.counters, sets, [])


def _saw(tree, head, previous):
    for _, tip in tree.seen.get(head.log, []):
        while tip is not None and tip != head.dot[0]:
            tip = previous.get(tip)
        if tip is not None:
            return True
    return False


class _Lesser:
    """An order the other way round."""

    def __init__(self, order):
        self.order = order

    def __lt__(self, other):
        return other.order < self.order

    def __eq__(self, other):
        return other.order == self.order


@dataclass
class Policy:
    """Which head is first (merge §5)."""

    name: str = "last-writer-wins"
    authority: bytes = None

    def rank(self, head):
        if self.name == "first-writer-wins":
            return _Lesser(head.order)
        return (head.device == self.authority, head.order) if self.name == "authority" else head.order


DEFAULT = Policy()


def policy_of(settings, key):
    """settings: path → the bytes of the setting that shows, of a collection."""
    def unescape(segment):
        return segment.replace("~1", "/").replace("~0", "~")

    patterns = [(unescape(path.removeprefix("/patterns/")), value) for path, value in settings.items() if re.fullmatch("/patterns/[^/]+", path, re.DOTALL)]
    fitting = [(pattern, value) for pattern, value in patterns if re.fullmatch("".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in pattern), key, re.DOTALL)]
    if fitting:
        return _policy(min(fitting, key=lambda p: (-sum(c not in "*?" for c in p[0]), -len(p[0]), utf16(p[0])))[1])
    return _policy(settings["/policy"]) if "/policy" in settings else DEFAULT


def _policy(value):
    """What cannot be read, or is not known, is the default."""
    try:
        parts = json.loads(value) if len(value) <= 64 else []
    except ValueError:
        return DEFAULT
    if not isinstance(parts, list) or len(parts) < 2 or parts[1] != 1 or isinstance(parts[1], bool):
        return DEFAULT
    if parts[0] == "authority" and len(parts) == 3 and isinstance(parts[2], str):
        return Policy(parts[0], base64.urlsafe_b64decode(parts[2] + "="))
    return Policy(parts[0]) if parts[0] in ("first-writer-wins", "field-merge", "manual") else DEFAULT


def settings_of(state):
    """The settings that show in the state of a collection."""
    heads = {path: first(heads) for path, heads in state.cells.items() if path} if state else {}
    return {path: head.value[1] for path, head in heads.items() if head.alive and head.value and head.value[0] == 0}


def first(heads, policy=DEFAULT):
    return max(heads, key=policy.rank)


def is_open(heads):
    return any(not h.same_as(heads[0]) for h in heads) and any(h.kind != RESOLVE for h in heads)


def is_only_deleted(state):
    return not (state.counters or state.sets or state.trees or any(h.alive for heads in state.cells.values() for h in heads))


def is_there(state):
    """Of a state as it shows: whether there is an item."""
    return bool(first(state.cells[""]).alive) if "" in state.cells else not is_only_deleted(state)


def winner_of(state):
    """The head that the item shows: of "", or where nothing stands there the greatest that lives; None where only increments came."""
    if "" in state.cells:
        return first(state.cells[""])
    alive = [h for heads in [*state.cells.values(), *(hs for elements in state.sets.values() for hs in elements.values())] for h in heads if h.alive]
    return first(alive) if alive else None


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

    def shown(self, name):
        """The state of an item under the trees of its collection."""
        collection = self.items.get((name[0], ""))
        return show(self.items[name], name[1], collection.trees, self.previous()) if collection and collection.trees else self.items[name]

    def previous(self):
        """Commit → the one before it in its log."""
        return {c.id: c.prev for c in self.commits.values()}

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
        named = [d for o in every if o != MALFORMED for d in [*o.replaces, *(d for cells in o.dropped.values() for dots in cells.values() for d in dots)]]
        tips = [tip for o in every if o != MALFORMED for log in o.floor.values() for _, tip in log]
        if not all(self._through(i) for i in [*(d[0] for d in named), *tips]):
            return False
        self.state[commit.id] = APPLIED
        for b, block in enumerate(blocks):
            for position, operation in enumerate(block):
                if isinstance(operation, Operation):
                    dot = (commit.id, 65_536 * b + position)
                    self.operations[dot] = operation
                    if operation.kind == CHECKPOINT:
                        for key, cells in operation.dropped.items():
                            drop(self.items.get((operation.collection, key), State()), cells)
                        continue
                    fold(self.items.setdefault((operation.collection, operation.key), State()), operation, dot, commit)
        return True


def encode_state(collection, key, state):
    cells = [[path, [h.encoded() for h in state.cells[path]]] for path in sorted(state.cells, key=utf16)]
    counters = [[path, [[log, state.counters[path][log]] for log in sorted(state.counters[path])]] for path in sorted(state.counters, key=utf16)]
    sets = [[path, [[e, [h.encoded() for h in state.sets[path][e]]] for e in sorted(state.sets[path])]] for path in sorted(state.sets, key=utf16)]
    return cbor.encode([1, collection, key, cells, counters, sets, [t.encoded() for t in state.trees]])


def decode_state(data):
    """What encode_state gave; a value that is only named stays so."""
    _, _, _, cells, counters, sets, trees = cbor.decode(data)

    def heads(items):
        return [Head(tuple(i[0]), *i[1:]) for i in items]

    return State(
        {path: heads(items) for path, items in cells}, {path: {log: n for log, n in sums} for path, sums in counters},
        {path: {e: heads(items) for e, items in elements} for path, elements in sets},
        [Tree(tuple(t[0]), *t[1:6], {log: [tuple(x) for x in tips] for log, tips in t[6]}) for t in trees])
