"""The membership lane and its fold (vault-format §10)."""

from dataclasses import dataclass, field

from . import FormatError, cbor
from .cbor import shape
from .commits import MALFORMED, UNKNOWN, aad
from .crypto import is_low_order, label, open_block, sha256, verify

GENESIS, ADD = 64, 65
VALID, INVALID, PARKED, BEHIND, WAITING = "valid", "invalid", "parked", "behind parked", "waiting"


@dataclass
class Member:
    device: bytes
    role: int
    name: str
    place: tuple


@dataclass
class Node:
    commit: object
    operations: list
    standing: str = WAITING
    depth: int = 0
    policy: int = 0
    past: set = field(default_factory=set)
    members: dict = field(default_factory=dict)


def read_certificate(vault_id, data):
    """(device, x, role) of a good certificate, else None."""
    one, vault, device, x, role, signature = shape(cbor.decode(data), int, 32, 32, 32, int, 64)
    if one != 1 or role > 2:
        raise FormatError("a certificate breaks a rule")
    signed = label("device") + cbor.encode([1, vault, device, x, role])
    return (device, x, role) if vault == vault_id and not is_low_order(x) and verify(device, signed, signature) else None


def decode_operations(plain):
    try:
        parts = cbor.split(plain)
        if len(parts) > 4_096:
            raise FormatError("too many operations")
        return [_decode_one(cbor.decode(p)) for p in parts]
    except FormatError:
        return [MALFORMED]


def _decode_one(item):
    if not isinstance(item, list) or not item or not isinstance(item[0], int) or item[0] < 0:
        return MALFORMED
    if item[0] not in (GENESIS, ADD):
        return UNKNOWN
    try:
        for inner in item[1:]:
            if not isinstance(inner, bytes):
                break
            first = cbor.decode(inner)
            if not isinstance(first, list):
                raise FormatError("an array was expected")
            if first and first[0] != 1:
                return UNKNOWN
        if item[0] == GENESIS:
            shape(item, int, bytes, bytes, str, 32)
            one, _, _, _, policy = shape(cbor.decode(item[1]), int, 32, 32, 32, int)
            if policy > 1:
                raise FormatError("a genesis record breaks a rule")
        else:
            shape(item, int, bytes, str)
        shape(cbor.decode(item[-3 if item[0] == GENESIS else 1]), int, 32, 32, 32, int, 64)
        if len(item[3 if item[0] == GENESIS else 2].encode()) > 256:
            raise FormatError("a name is too long")
        return item
    except FormatError:
        return MALFORMED


class Fold:
    """The fold of a set of commits of lane 1."""

    def __init__(self, keys, commits):
        self.keys = keys
        self.nodes = {c.id: Node(c, self._open(c)) for c in commits}
        waiting = list(self.nodes.values())
        while ready := [n for n in waiting if all(self._judged(i) for i in self._needs(n.commit))]:
            for node in ready:
                self._judge(node)
            waiting = [n for n in waiting if n.standing == WAITING]
        folded = [n for n in self.nodes.values() if n.standing in (VALID, INVALID)]
        named = {m for n in folded for m in n.commit.members}
        self.heads = sorted(n.commit.id for n in folded if n.commit.id not in named)
        self.members = _union(self.nodes[h].members for h in self.heads)

    def is_folded(self, commit_id):
        return commit_id in self.nodes and self.nodes[commit_id].standing in (VALID, INVALID)

    def _open(self, commit):
        try:
            _, plain = open_block(*self.keys.member, aad(self.keys.vault_id, commit, bytes(16), self.keys.genesis_id), commit.sealed[0])
            return decode_operations(plain)
        except FormatError:
            return []

    def _judged(self, commit_id):
        return commit_id in self.nodes and self.nodes[commit_id].standing != WAITING

    @staticmethod
    def _needs(commit):
        return commit.members + ([commit.prev] if any(commit.prev) else [])

    def _judge(self, node):
        commit, parents = node.commit, [self.nodes[m] for m in node.commit.members]
        node.past = set().union(*(p.past | {p.commit.id} for p in parents)) if parents else set()
        node.depth = 1 + max(p.depth for p in parents) if parents else 0
        node.members = _union(p.members for p in parents)
        node.policy = max((p.policy for p in parents), default=0)
        if any(self.nodes[i].standing in (PARKED, BEHIND) for i in self._needs(commit)):
            node.standing = BEHIND
        elif not parents:
            self._found(node)
        elif not self._may_write(node) or not self._knows_past_of_prev(node):
            node.standing = INVALID
        elif commit.newer or UNKNOWN in node.operations:
            node.standing = PARKED
        else:
            node.standing = VALID
            self._apply(node)

    def _found(self, node):
        node.standing = INVALID
        operations = node.operations
        if node.commit.sequence != 1 or len(operations) != 1 or operations[0] in (MALFORMED, UNKNOWN) or operations[0][0] != GENESIS:
            return
        _, record, certificate, name, _ = operations[0]
        _, _, founder, x, policy = cbor.decode(record)
        good = read_certificate(self.keys.vault_id, certificate)
        if sha256(label("genesis"), record) == self.keys.vault_id and founder == node.commit.device and good == (founder, x, 2):
            node.standing, node.policy = VALID, policy
            node.members = {founder: Member(founder, 2, name, (0, node.commit.id, 0))}

    def _may_write(self, node):
        author = node.members.get(node.commit.device)
        if author is None or author.role == 1:
            return False
        adds = any(o not in (MALFORMED, UNKNOWN) and o[0] == ADD for o in node.operations)
        return not adds or node.policy == 0 or author.role == 2

    def _knows_past_of_prev(self, node):
        return not any(node.commit.prev) or set(self.nodes[node.commit.prev].commit.members) <= node.past

    def _apply(self, node):
        members = dict(node.members)
        for position, operation in enumerate(node.operations):
            good = read_certificate(self.keys.vault_id, operation[1]) if operation != MALFORMED and operation[0] == ADD else None
            if good is None and node.commit.atomic:
                return
            if good is not None and good[0] not in members:
                members[good[0]] = Member(good[0], good[2], operation[2], (node.depth, node.commit.id, position))
        node.members = members


def _union(several):
    union = {}
    for members in several:
        for device, member in members.items():
            if device not in union or member.place < union[device].place:
                union[device] = member
    return union
