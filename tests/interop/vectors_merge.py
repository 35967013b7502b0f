"""Checks of the examples of merge.md."""

import itertools
import types

from format1 import cbor, digest, merge, records
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
        if name == "join":
            _check_join(case)
            continue
        told = list(operations(case))
        for order in itertools.permutations(told):
            seen = [dot for dot, _, _ in order]
            if any(r in seen[i:] for i, (_, operation, _) in enumerate(order) for r in operation.replaces):
                continue  # what is replaced comes first
            state = {}
            for dot, operation, commit in order:
                merge.fold(state, operation, dot, commit)
            assert merge.encode_state("items", "k", state) == h(case["state"]), name
        winner = merge.first(state[""])
        assert list(winner.dot) == cbor.decode(h(case["winner"])) and ("item" if winner.alive else "deleted") == case["statusText"]
        assert any(merge.is_open(heads) for heads in state.values()) == bool(case["conflict"]), name
    return len(cases)


def _check_join(case):
    sides = [({p: [_head(x) for x in heads] for p, heads in cbor.decode(h(case[side]))[3]}, {h(i) for i in case[side + "Seen"]}) for side in ("left", "right")]
    (left, left_seen), (right, right_seen) = sides
    joined = {}
    for path in left.keys() | right.keys():
        one, other = ({x.dot: x for x in side.get(path, [])} for side in (left, right))
        kept = [x for dot, x in one.items() if dot in other or dot[0] not in right_seen] + [x for dot, x in other.items() if dot not in one and dot[0] not in left_seen]
        joined[path] = sorted(kept, key=lambda x: x.dot)
    assert merge.encode_state("items", "k", joined) == h(case["joined"])


def _head(item):
    return merge.Head(tuple(item[0]), *item[1:])


def check_records(cases, _):
    for name, case in cases.items():
        told = list(operations(case))
        state = {}
        for dot, operation, commit in told:
            merge.fold(state, operation, dot, commit)
        replica = types.SimpleNamespace(operations={d: o for d, o, _ in told}, commits={c.id: c for _, _, c in told}, items={("items", "k"): state})
        listed = records.all_records(replica)
        assert cbor.array_head(len(listed)) + b"".join(listed) == h(case["records"]), name
    return len(cases)


def check_digest(cases, files):
    keys, fold = genesis_keys(files), lane(files)
    for name, case in cases.items():
        applied = {log: [tuple(t) for t in tips] for log, tips in cbor.decode(h(case["applied"]))}
        items = {}
        for encoded in case["states"]:
            _, collection, key, cells, _, _, _ = cbor.decode(h(encoded))
            items[(collection, key)] = {path: [_head(x) for x in heads] for path, heads in cells}
            assert merge.encode_state(collection, key, items[(collection, key)]) == h(encoded)
        assert tuple(x.hex() for x in digest.compute(keys, applied, fold, items)) == (case["digest"], case["stateHash"]), name
    return len(cases)


CHECKS = {"clock.json": check_clock, "fold.json": check_fold, "records.json": check_records, "digest.json": check_digest}
