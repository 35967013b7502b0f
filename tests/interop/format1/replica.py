"""Which commits are applied, and the state that they make together (merge §1, §4)."""

from .commits import CHECKPOINT, MALFORMED, UNKNOWN, MissingObject, Operation, open_operations
from .merge import State, drop, fold, show
from .owners import Floor, Owners
from .policies import policy_of, settings_of
from .snapshots import Snapshot, adopt
from .vectors import lies_in, vector

HELD, APPLIED, QUARANTINED, PARKED = "held", "applied", "quarantined", "parked"
ADMINISTRATOR = 2


class Replica:
    """All commits of lane 0, folded as far as the gate lets them through. pruned: ids of those that stand without their blocks."""

    def __init__(self, keys, commits, objects, membership, pruned=()):
        self.keys, self.objects, self.membership = keys, objects, membership
        self.commits = {c.id: c for c in commits if c.lane == 0}
        self.previous = {c.id: c.prev for c in self.commits.values()}
        self.state = {}
        self.applied_order = []  # [(dot, operation, commit)] of what is not in the snapshot
        self.snapshot = adopt(self) if pruned else Snapshot()
        self._hold(set(pruned))
        while self._pass():
            pass
        self._fold()

    def held(self):
        return vector([self.commits[i] for i in self.state])

    def applied(self):
        return vector([self.commits[i] for i, s in self.state.items() if s == APPLIED])

    def waits(self):
        return len(self.state) < len(self.commits) or any(s in (HELD, PARKED) for s in self.state.values())

    def shown(self, name):
        """The state of an item under the trees of its collection."""
        collection = self.items.get((name[0], ""))
        return show(self.items[name], name[1], collection.trees, self.previous, self.owners.get(name[0])) if collection and collection.trees else self.items[name]

    def refused(self):
        """(dot, collection, key) of what was written by devices that did not own it, the oldest commit first."""
        told = [(dot, o.collection, o.key) for dot, o, _ in self.applied_order if o.kind != CHECKPOINT and dot not in self.operations]
        return sorted([*self.snapshot.refused, *told], key=lambda r: (self.commits[r[0][0]].ts, r[0]))

    def policy(self, name):
        return policy_of(settings_of(self.items.get((name[0], ""))), name[1])

    def below(self, tips, commit):
        """Whether a commit lies at or below a floor."""
        return lies_in(tips, commit.log, commit.id, self.previous)

    def state_at(self, floor):
        """The items that what lies at or below a floor makes alone."""
        told = [one for one in self.applied_order if self.below(floor.tips, one[2])]
        return self._folded(told)[0]

    def _hold(self, pruned):
        for commit in sorted(self.commits.values(), key=lambda c: c.sequence):
            if self.snapshot.tips and self.below(self.snapshot.tips, commit):
                self.state[commit.id] = APPLIED
                continue
            prev = self.commits.get(commit.prev)
            chain = prev is not None and prev.id in self.state and (prev.device, prev.log, prev.sequence) == (commit.device, commit.log, commit.sequence - 1)
            if commit.id not in pruned and (commit.sequence == 1 or chain):
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
        self.applied_order += [((commit.id, 65_536 * b + p), o, commit) for b, block in enumerate(blocks) for p, o in enumerate(block) if isinstance(o, Operation)]
        return True

    def _fold(self):
        self.items, self.owners, self.operations = self._folded(self.applied_order)
        self.floors = self._floors(self.applied_order)

    def _folded(self, told):
        """(items, owners by collection, operations that count by dot). What was said of collections comes first: whether a write counts depends on who came to own the item later."""
        items = self.snapshot.items()
        for dot, operation, commit in told:
            if not operation.key and operation.kind != CHECKPOINT:
                fold(items.setdefault((operation.collection, ""), State()), operation, dot, commit)
        floors = self._floors(told)
        administrators = {device for device, member in self.membership.members.items() if member.role == ADMINISTRATOR}
        owners = {c: Owners(s.generations, floors.get(c, []), administrators, self.previous) for (c, key), s in items.items() if not key and s.generations}
        void = {commit.id for dot, operation, commit in told if commit.atomic and not self._counts(owners, dot, operation, commit)}
        operations = {}
        for dot, operation, commit in told:
            if operation.kind == CHECKPOINT:
                for name, cells in (((operation.collection, key), cells) for key, cells in operation.dropped.items()):
                    drop(items.get(name, State()), cells)
                    if items.get(name) == State():
                        del items[name]
            elif commit.id not in void and self._counts(owners, dot, operation, commit):
                operations[dot] = operation
                if operation.key:
                    fold(items.setdefault((operation.collection, operation.key), State()), operation, dot, commit)
        return items, owners, operations

    @staticmethod
    def _counts(owners, dot, operation, commit):
        return operation.collection not in owners or owners[operation.collection].counts(operation, dot, commit)

    @staticmethod
    def _floors(told):
        """collection → the floors of checkpoints that have a snapshot of it."""
        floors = {}
        for dot, operation, commit in told:
            if operation.kind == CHECKPOINT and operation.snapshot is not None:
                floors.setdefault(operation.collection, []).append(Floor(commit.ts, dot, operation.floor))
        return floors
