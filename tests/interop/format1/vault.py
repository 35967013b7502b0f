"""One vault folder, opened and folded."""

from pathlib import Path

from . import FormatError, digest, records, storage
from .commits import MissingObject, open_operations, read_commit, utf16
from .keys import VaultFile
from .membership import Fold
from .objects import read_value
from .replica import Replica


class Vault:
    def __init__(self, folder, unlock):
        """unlock gets the VaultFile and gives its Keys."""
        self.keys = unlock(VaultFile(Path(folder, "vault.json").read_text("utf-8")))
        found, self.objects = storage.read(folder)
        commits, pruned = {}, set()
        for kind, record, blocks in found:
            commit = read_commit(self.keys.vault_id, record, None if kind == storage.PRUNED else blocks)
            if commit.lane != (1 if kind == storage.MEMBERSHIP else 0):
                raise FormatError("a commit stands in the record of another lane")
            before = commits.setdefault(commit.id, commit)
            if before.sealed is None and commit.sealed is not None:
                commits[commit.id] = commit
            pruned |= {commit.id} if kind == storage.PRUNED else set()
        self.membership = Fold(self.keys, [c for c in commits.values() if c.lane == 1])
        self.replica = Replica(self.keys, list(commits.values()), self.objects, self.membership, [i for i in pruned if not self._is_whole(commits[i])])
        self.digest, self.state_hash = digest.compute(self.keys, self.replica.applied(), self.membership, self.replica.items)
        self.records = records.all_records(self.replica)

    def items(self):
        """(collection, key, state as it shows), in UTF-8 order."""
        for name in sorted(self.replica.items, key=lambda n: tuple(part.encode("utf-8") for part in n)):
            if name[1]:
                yield *name, self.replica.shown(name)

    def collections(self):
        """(collection, state) of those that have items and of which something is said."""
        for collection in dict.fromkeys(c for c, _, _ in self.items()):
            if (collection, "") in self.replica.items:
                yield collection, self.replica.items[(collection, "")]

    def owners(self, collection):
        """(unit, device) of what somebody owns."""
        chains = self.replica.owners[collection].chains if collection in self.replica.owners else {}
        return [(unit, chains[unit][-1].owner) for unit in sorted(chains, key=utf16)]

    def read(self, value):
        return read_value(self.keys.vault_id, self.objects, value)

    def operations(self):
        """Sum of the greatest applied sequences."""
        return sum(max(sequence for sequence, _ in tips) for tips in self.replica.applied().values())

    def is_full(self):
        """Nothing waits, and every object that an applied operation names is here."""
        values = [v for o in self.replica.operations.values() for v in [o.value, *o.cells.values()]]
        values += [h.value for state in self.replica.snapshot.items().values() for heads in state.cells.values() for h in heads]
        values = [v for v in values if v is not None and v[0] in (0, 1)]
        return not self.replica.waits() and all(self._is_here(v) for v in values)

    def _is_whole(self, commit):
        """Whether the blocks are here, in objects too."""
        if commit.sealed is None:
            return False
        try:
            open_operations(self.keys, self.objects, commit)
            return True
        except MissingObject:
            return False

    def _is_here(self, value):
        try:
            self.read(value)
            return True
        except MissingObject:
            return False
