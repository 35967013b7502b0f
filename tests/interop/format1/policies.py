"""Which head is first, and what a collection says of its items (merge §5)."""

import base64
import json
import re
import struct
from dataclasses import dataclass

from .commits import utf16


class _Lesser:
    """An order the other way round."""

    def __init__(self, order):
        self.order = order

    def __lt__(self, other):
        return other.order < self.order

    def __eq__(self, other):
        return other.order == self.order


@dataclass
class Policy:
    """Which head is first (merge §5). The name is as it was set."""

    name: str = "last-writer-wins"
    authority: bytes = None
    is_known: bool = True

    @property
    def rule(self):
        """What applies: the default where the policy is not known."""
        return self.name if self.is_known else DEFAULT.name

    def rank(self, head):
        if self.rule == "first-writer-wins":
            return _Lesser(head.order)
        return (head.device == self.authority, head.order) if self.rule == "authority" else head.order


DEFAULT = Policy()


def policy_of(settings, key):
    """settings: path → the bytes of the setting that shows, of a collection."""
    def unescape(segment):
        return segment.replace("~1", "/").replace("~0", "~")

    patterns = [(unescape(path.removeprefix("/patterns/")), value) for path, value in settings.items() if re.fullmatch("/patterns/[^/]+", path, re.DOTALL)]
    fitting = [(_units(pattern), value) for pattern, value in patterns if _fits(_units(pattern), _units(key))]
    if fitting:
        return _policy(min(fitting, key=lambda p: (-sum(c not in "*?" for c in p[0]), -len(p[0]), p[0]))[1])
    return _policy(settings["/policy"]) if "/policy" in settings else DEFAULT


def _units(text):
    """A letter for each UTF-16 unit: patterns count in them."""
    encoded = utf16(text)
    return "".join(map(chr, struct.unpack(f">{len(encoded) // 2}H", encoded)))


def _fits(pattern, key):
    return re.fullmatch("".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in pattern), key, re.DOTALL)


def _policy(value):
    """What cannot be read, or is not known, shows as the default."""
    try:
        parts = json.loads(value) if len(value) <= 64 else []
    except ValueError:
        parts = []
    if not isinstance(parts, list) or len(parts) < 2 or not isinstance(parts[0], str) or not isinstance(parts[1], int) or isinstance(parts[1], bool):
        return Policy("?", is_known=False)
    name, version, *rest = parts
    if version == 1 and name == "authority" and len(rest) == 1 and isinstance(rest[0], str):
        return Policy(name, base64.urlsafe_b64decode(rest[0] + "="))
    known = version == 1 and name in ("last-writer-wins", "first-writer-wins", "field-merge", "manual", "owned")
    return Policy(name) if known else Policy(name, is_known=False)


def settings_of(state):
    """The settings that show in the state of a collection."""
    heads = {path: first(heads) for path, heads in state.cells.items() if path} if state else {}
    return {path: head.value[1] for path, head in heads.items() if head.alive and head.value and head.value[0] == 0}


def first(heads, policy=DEFAULT):
    return max(heads, key=policy.rank)
