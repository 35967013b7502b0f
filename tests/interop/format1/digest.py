"""The digest (merge §9)."""

from . import cbor
from .crypto import hmac
from .merge import encode_state, encode_vector, is_only_deleted


def compute(keys, applied, membership, items):
    """(digest, state hash). items: (collection, key) → state."""
    order = sorted(items, key=lambda name: tuple(n.encode("utf-8") for n in name))
    states = [encode_state(*name, items[name]) for name in order if not is_only_deleted(items[name])]
    listed = cbor.array_head(len(states)) + b"".join(states)
    members = [[m.device, m.role, m.name] for _, m in sorted(membership.members.items())]
    forks = [[log, [i for _, i in tips]] for log, tips in applied.items() if len(tips) > 1]
    parts = [cbor.encode(encode_vector(applied)), cbor.encode(membership.heads), listed, cbor.encode(members), cbor.encode(forks)]
    return hmac(keys.digest, cbor.array_head(5), *parts), hmac(keys.digest, listed)
