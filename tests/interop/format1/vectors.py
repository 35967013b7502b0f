"""Vectors over logs (merge §2)."""


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


def decode_vector(listed):
    return {log: [tuple(t) for t in tips] for log, tips in listed}


def lies_in(tips, log, commit, previous):
    """Whether the commit is a tip of its log there, or before one. previous: commit → the one before it in its log."""
    for _, at in tips.get(log, []):
        while at is not None and at != commit:
            at = previous.get(at)
        if at is not None:
            return True
    return False
