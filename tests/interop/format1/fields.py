"""What the fields of an item show, as JSON text (merge §5)."""

import json

from .commits import is_counter, utf16
from .policies import DEFAULT, first


def to_json(state, read, policy=DEFAULT):
    """state: as it shows. read gives the bytes of a value."""
    root = {}
    leaves = _leaves(state, read, policy)
    for path in sorted(leaves, key=utf16):
        *above, name = [segment.replace("~1", "/").replace("~0", "~") for segment in path.removeprefix("/").split("/")]
        at = root
        for segment in above:
            at = at.setdefault(segment, {})
        at[name] = leaves[path][1]
    return _written(root)


def _written(node):
    if isinstance(node, str):
        return node
    return "{" + ",".join(json.dumps(name, ensure_ascii=False) + ":" + _written(inner) for name, inner in node.items()) + "}"


def _leaves(state, read, policy):
    """path → (rank of the head that it comes from or None, JSON)."""
    leaves = {}
    for path, heads in state.cells.items():
        head = first(heads, policy)
        if path and head.alive:
            leaves[path] = (policy.rank(head), _cell(head, state.counters.get(path), read))
    for path, sums in state.counters.items():
        if path not in state.cells:
            leaves[path] = (None, str(sum(sums.values())))
    for path, elements in state.sets.items():
        order = max(policy.rank(h) for heads in elements.values() for h in heads)
        other = leaves.get(path, (None,))[0]
        if other is None or order > other:
            leaves[path] = (order, "[" + ",".join(_json(e) for e in sorted(elements)) + "]")
    for path in sorted(leaves, key=utf16):
        below = [p for p in leaves if p.startswith(path + "/")]
        if path not in leaves or not below:
            continue
        own = leaves[path][0]
        if own is not None and all(leaves[p][0] is None or own > leaves[p][0] for p in below):
            for p in below:
                del leaves[p]
        else:
            del leaves[path]
    return leaves


def _cell(head, sums, read):
    if is_counter(head.value):
        seen = dict(map(tuple, head.value[2]))
        return str(head.value[1] + sum(n - seen.get(log, 0) for log, n in (sums or {}).items()))
    text = _json(read(head.value))
    return str(int(text) + sum(sums.values())) if sums and _is_whole(text) else text


def _is_whole(text):
    return text.lstrip("-").isdecimal() and -2**63 <= int(text) < 2**63


def _json(data):
    """Compact JSON stands as it is; what is no JSON becomes a string."""
    text = data.decode("utf-8")
    try:
        json.loads(text)
        return text
    except ValueError:
        return json.dumps(text, ensure_ascii=False)
