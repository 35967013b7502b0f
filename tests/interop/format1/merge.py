"""The state of an item, what operations do to it, and what it shows (merge §4, §5 and §7)."""

from dataclasses import dataclass, field

from . import cbor
from .commits import ADD, DELETE, OF_ITEM, OWN, PUT, RESOLVE, RMTREE, utf16
from .crypto import sha256
from .owners import Generation
from .policies import DEFAULT, first
from .vectors import decode_vector, encode_vector, lies_in


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
    generations: list = field(default_factory=list)


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
    if operation.kind == OWN:
        own = Generation(dot, addition.ts, commit.device, commit.log, commit.sequence, *operation.own)
        state.generations = sorted([*state.generations, own], key=lambda g: g.dot)


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


def show(state, key, trees, previous, owners=None):
    """The state as it shows under the trees of its collection. previous: commit → the one before it in its log."""
    covering = [t for t in trees if key.encode("utf-8").startswith(t.prefix.encode("utf-8")) and (owners is None or owners.counts_tree(t, key))]
    covering.sort(key=lambda t: t.order, reverse=True)

    def tree_over(head):
        return next((t for t in covering if lies_in(t.seen, head.log, head.dot[0], previous)), None)

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


def is_open(heads):
    return any(not h.same_as(heads[0]) for h in heads) and any(h.kind != RESOLVE for h in heads)


def waits(state, policy):
    """Whether nothing of the item shows until a person decides."""
    return policy.rule == "manual" and any(is_open(heads) for heads in state.cells.values())


def is_only_deleted(state):
    return not (state.counters or state.sets or state.trees or state.generations or any(h.alive for heads in state.cells.values() for h in heads))


def is_there(state, policy=DEFAULT):
    """Of a state as it shows: whether there is an item, or would be if nothing waited."""
    return bool(first(state.cells[""], policy).alive) if "" in state.cells else not is_only_deleted(state)


def winner_of(state, policy=DEFAULT):
    """The head that the item shows: of "", or where nothing stands there the greatest that lives; None where only increments came."""
    if "" in state.cells:
        return first(state.cells[""], policy)
    alive = [h for heads in [*state.cells.values(), *(hs for elements in state.sets.values() for hs in elements.values())] for h in heads if h.alive]
    return first(alive, policy) if alive else None


def encode_state(collection, key, state):
    cells = [[path, [h.encoded() for h in state.cells[path]]] for path in sorted(state.cells, key=utf16)]
    counters = [[path, [[log, state.counters[path][log]] for log in sorted(state.counters[path])]] for path in sorted(state.counters, key=utf16)]
    sets = [[path, [[e, [h.encoded() for h in state.sets[path][e]]] for e in sorted(state.sets[path])]] for path in sorted(state.sets, key=utf16)]
    generations = [[g.encoded() for g in state.generations]] if state.generations else []
    return cbor.encode([1, collection, key, cells, counters, sets, [t.encoded() for t in state.trees], *generations])


def decode_state(data):
    """What encode_state gave; a value that is only named stays so."""
    _, _, _, cells, counters, sets, trees, *generations = cbor.decode(data)

    def heads(items):
        return [Head(tuple(i[0]), *i[1:]) for i in items]

    return State(
        {path: heads(items) for path, items in cells}, {path: {log: n for log, n in sums} for path, sums in counters},
        {path: {e: heads(items) for e, items in elements} for path, elements in sets},
        [Tree(tuple(t[0]), *t[1:6], decode_vector(t[6])) for t in trees], [Generation.decoded(g) for listed in generations for g in listed])
