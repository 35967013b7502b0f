"""Checks of the examples of merge.md."""

import itertools
import types

from format1 import cbor, commits, digest, fields, merge, policies, records, replica, snapshots
from vectors_cryptography import genesis_keys, h
from vectors_format import lane, operations

CAP = 2**63 - 1


def check_clock(cases, _):
    for name, case in cases.items():
        now = min(max(case.get("nowMs", 0), 0), 2**47 - 1)
        if "next" in case:
            assert min(max(now << 16, case["last"] + 1), CAP) == case["next"], name
        elif "received" in case:
            assert max(case["last"], min(case["received"], (now + 300_000) << 16)) == case["lastAfter"], name
        else:
            own = [min(case["greatestReplaced"] + 1, CAP)] if case["greatestReplaced"] >= case["commitTs"] else []
            assert own == case["ownTs"], name
    return len(cases)


def check_fold(cases, _):
    for name, case in cases.items():
        if name.startswith("join"):
            _check_join(case)
            continue
        if name.startswith("checkpoint"):
            state, told = merge.decode_state(h(case["before"])), commits.decode_operations(b"\x81" + h(case["operation"]))[0]
            merge.drop(state, told.dropped["k"])
            assert merge.encode_state("items", "k", state) == h(case["after"]), name
            continue
        state = _in_every_order(name, "k", list(operations(case)), h(case["state"]))
        if "collectionState" in case:
            collection = _in_every_order(name, "", list(operations(case, "collectionOperations", "collectionOrigins")), h(case["collectionState"]))
            state = merge.show(state, "k", collection.trees, {h(c): h(p) for c, p in case["previous"]})
            assert merge.encode_state("items", "k", state) == h(case["shown"]), name
        winner = merge.winner_of(state)
        assert (winner and list(winner.dot)) == ("winner" in case and cbor.decode(h(case["winner"])) or None), name
        assert ("item" if merge.is_there(state) else "deleted") == case["statusText"], name
        assert any(merge.is_open(heads) for heads in state.cells.values()) == bool(case["conflict"]), name
        if "jsonText" in case:
            assert fields.to_json(state, lambda value: value[1]) == case["jsonText"], name
    return len(cases)


def _in_every_order(name, key, told, expected):
    for order in itertools.permutations(told):
        seen = [dot for dot, _, _ in order]
        if any(r in seen[i:] for i, (_, operation, _) in enumerate(order) for r in operation.replaces):
            continue  # what is replaced comes first
        state = merge.State()
        for dot, operation, commit in order:
            merge.fold(state, operation, dot, commit)
        assert merge.encode_state("items", key, state) == expected, name
    return state


def _check_join(case):
    sides = [(merge.decode_state(h(case[side])), {h(i) for i in case[side + "Seen"]}) for side in ("left", "right")]
    (left, left_seen), (right, right_seen) = sides

    def heads(one, other):
        one, other = ({x.dot: x for x in side} for side in (one, other))
        kept = [x for dot, x in one.items() if dot in other or dot[0] not in right_seen] + [x for dot, x in other.items() if dot not in one and dot[0] not in left_seen]
        return sorted(kept, key=lambda x: x.dot)

    joined = merge.State()
    for path in left.cells.keys() | right.cells.keys():
        joined.cells[path] = heads(left.cells.get(path, []), right.cells.get(path, []))
    for path in left.sets.keys() | right.sets.keys():
        one, other = left.sets.get(path, {}), right.sets.get(path, {})
        elements = {e: heads(one.get(e, []), other.get(e, [])) for e in one.keys() | other.keys()}
        joined.sets[path] = {e: hs for e, hs in elements.items() if hs}
    # In an example the second byte of a commit is its number in its log, and a log's first byte that of its commits.
    furthest = {log: left_seen if _greatest(log, left_seen) >= _greatest(log, right_seen) else right_seen for side in (left, right) for sums in side.counters.values() for log in sums}
    for path in left.counters.keys() | right.counters.keys():
        joined.counters[path] = {log: n for side, seen in sides for log, n in side.counters.get(path, {}).items() if furthest[log] is seen}
    assert merge.encode_state("items", "k", joined) == h(case["joined"])


def _greatest(log, seen):
    return max((commit[1] for commit in seen if commit[0] == log[0]), default=0)


def check_views(cases, _):
    for name, case in cases.items():
        told = _Told(case, "operations", "origins")
        state = told.items[("items", "k")]
        assert merge.encode_state("items", "k", state) == h(case["state"]), name
        if "collectionOperations" in case:
            trees = _Told(case, "collectionOperations", "collectionOrigins").items[("items", "")].trees
            state = merge.show(state, "k", trees, {h(c): h(p) for c, p in case["previous"]})
        policy = policies.policy_of({path: value.encode("utf-8") for path, value in zip(*[iter(case["settingsText"])] * 2)}, "k")
        assert (policy.name, int(policy.is_known)) == (case["policyText"], case["known"]), name
        # What waits shows nothing; the rest of the example is what it would show.
        assert ("conflict" if merge.waits(state, policy) else "item" if merge.is_there(state, policy) else "deleted") == case["statusText"], name
        winner = merge.winner_of(state, policy)
        assert (winner and list(winner.dot)) == ("winner" in case and cbor.decode(h(case["winner"])) or None), name
        firsts = {path: policies.first(state.cells[path], policy) for path in sorted(state.cells, key=commits.utf16) if path}
        shows = [text for path, head in firsts.items() if head.alive for text in (path, head.value[1].decode("utf-8"))]
        assert (shows if merge.is_there(state, policy) else []) == case["showsText"], name
        if "jsonText" in case:
            assert fields.to_json(state, lambda value: value[1], policy) == case["jsonText"], name
    return len(cases)


def check_owners(cases, _):
    for name, case in cases.items():
        told = _Told(case, "operations", "origins", [h(d) for d in case["administrators"]], {h(c): h(p) for c, p in case["previous"]})
        collection = told.items[("items", "")]
        assert merge.encode_state("items", "", collection) == h(case["collectionState"]), name
        chains = told.owners["items"].chains
        assert cbor.encode([[unit, [list(g.dot) for g in chains[unit]]] for unit in sorted(chains, key=commits.utf16)]) == h(case["chains"]), name
        counts = [int(operation.kind == commits.CHECKPOINT or dot in told.operations) for dot, operation, _ in told.applied_order]
        assert counts == case["counts"], name
        keys = sorted((key for _, key in told.items if key), key=commits.utf16)
        assert [merge.encode_state("items", key, told.shown(("items", key))) for key in keys] == [h(s) for s in case["states"]], name
    return len(cases)


class _Told(replica.Replica):
    """What an example tells: every commit is applied. Where it does not say what stands before a commit, no log is forked."""

    def __init__(self, case, listed, origins, administrators=(), previous=None):
        self.membership = types.SimpleNamespace(members={d: types.SimpleNamespace(role=replica.ADMINISTRATOR) for d in administrators})
        self.snapshot, self.applied_order = snapshots.Snapshot(), list(operations(case, listed, origins))
        self.commits = {commit.id: commit for _, _, commit in self.applied_order}
        by_place = {(c.log, c.sequence): c.id for c in self.commits.values()}
        self.previous = {c.id: by_place.get((c.log, c.sequence - 1)) for c in self.commits.values()} if previous is None else previous
        self._fold()


def check_records(cases, _):
    for name, case in cases.items():
        told = _Told(case, "operations", "origins")
        for place, (path, value) in enumerate(zip(*[iter(case.get("settingsText", []))] * 2)):
            setting = merge.Head((bytes(32), place), 1, bytes(32), bytes(16), 1, 11, 1, [0, value.encode("utf-8")], None, None)
            told.items.setdefault(("items", ""), merge.State()).cells[path] = [setting]
        listed = records.all_records(told)
        assert cbor.array_head(len(listed)) + b"".join(listed) == h(case["records"]), name
    return len(cases)


def check_digest(cases, files):
    keys, fold = genesis_keys(files), lane(files)
    for name, case in cases.items():
        applied = {log: [tuple(t) for t in tips] for log, tips in cbor.decode(h(case["applied"]))}
        items = {}
        for encoded in case["states"]:
            _, collection, key, *_ = cbor.decode(h(encoded))
            items[(collection, key)] = merge.decode_state(h(encoded))
            assert merge.encode_state(collection, key, items[(collection, key)]) == h(encoded)
        assert tuple(x.hex() for x in digest.compute(keys, applied, fold, items)) == (case["digest"], case["stateHash"]), name
    return len(cases)


CHECKS = {"clock.json": check_clock, "fold.json": check_fold, "views.json": check_views, "owners.json": check_owners, "records.json": check_records, "digest.json": check_digest}
