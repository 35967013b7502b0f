"""Who owns what, and which operations count (merge §4, Owners)."""

from dataclasses import dataclass

from .vectors import decode_vector, encode_vector, lies_in


@dataclass
class Generation:
    dot: tuple
    ts: int
    device: bytes
    log: bytes
    sequence: int
    unit: str
    owner: bytes
    after: tuple  # the generation that it ends, or None
    final: dict  # log → tips: what its author had applied

    @property
    def order(self):
        return (self.ts, self.device, self.dot)

    def encoded(self):
        after = None if self.after is None else list(self.after)
        return [list(self.dot), self.ts, self.device, self.log, self.sequence, self.unit, self.owner, after, encode_vector(self.final)]

    @staticmethod
    def decoded(item):
        return Generation(tuple(item[0]), *item[1:7], None if item[7] is None else tuple(item[7]), decode_vector(item[8]))


@dataclass
class Floor:
    """What a checkpoint with a snapshot of the collection fixes. The first one by (ts, dot) decides."""

    ts: int
    dot: tuple
    tips: dict


def units_over(key):
    """Every unit that covers a key, the longest first."""
    yield key
    while "/" in key:
        key = key[:key.rindex("/")]
        if key:
            yield key
    yield ""


class Owners:
    """Of one collection. administrators: device ids; previous: commit → the one before it in its log."""

    def __init__(self, generations, floors, administrators, previous):
        self.generations, self.administrators, self.previous = generations, administrators, previous
        self.floors = sorted(floors, key=lambda f: (f.ts, f.dot))
        self.chains = self._chains(generations)
        self._below = {}

    def counts(self, operation, dot, commit):
        if not operation.key:
            return True
        chains = self.chains
        for floor in self.floors:
            if lies_in(floor.tips, commit.log, commit.id, self.previous):
                chains = self._chains_below(floor)
                break
        for unit in units_over(operation.key):
            chain = chains.get(unit)
            if not chain:
                continue
            cited = next((i for i, g in enumerate(chain) if g.dot == operation.generation), None)
            if cited is not None:
                return chain[cited].owner == commit.device and (cited == len(chain) - 1 or self._saw(chain[cited + 1], commit.log, dot[0]))
            if not self._saw(chain[0], commit.log, dot[0]):
                return False
        return True

    def counts_tree(self, tree, key):
        for unit in units_over(key):
            chain = self.chains.get(unit)
            if chain and not self._saw(chain[0], tree.log, tree.dot[0]):
                return any(g.owner == tree.device and (i == len(chain) - 1 or self._saw(chain[i + 1], tree.log, tree.dot[0])) for i, g in enumerate(chain))
        return True

    def _saw(self, generation, log, commit):
        return lies_in(generation.final, log, commit, self.previous)

    def _chains_below(self, floor):
        if floor.dot not in self._below:
            self._below[floor.dot] = self._chains([g for g in self.generations if lies_in(floor.tips, g.log, g.dot[0], self.previous)])
        return self._below[floor.dot]

    def _chains(self, generations):
        chains = {unit: self._chain([g for g in generations if g.unit == unit]) for unit in sorted({g.unit for g in generations})}
        return {unit: chain for unit, chain in chains.items() if chain}

    def _chain(self, said):
        chain = []
        following = self._unseen([g for g in said if g.after is None and g.owner == g.device])
        while following:
            last = max(following, key=lambda g: g.order)
            if last in chain:
                break
            chain.append(last)
            rightful = [g for g in said if g.after == last.dot and (g.device == last.owner or g.device in self.administrators)]
            following = self._unseen(rightful)
            following = [g for g in following if g.device == last.owner] or following
        return chain

    def _unseen(self, generations):
        """Those that had seen no other one of them."""
        return [g for g in generations if not any(o is not g and self._saw(g, o.log, o.dot[0]) for o in generations)]
