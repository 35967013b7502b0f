#!/usr/bin/python3
"""Reads a vault of format 1 without a line of the project's own code: read_vault.py VAULT --key-file F | --passphrase-file F [--export FOLDER]."""

import argparse
import hashlib
import os
import sys
from pathlib import Path

from format1.commits import PATCH, is_counter, utf16
from format1.fields import to_json
from format1.merge import is_open, is_there, waits, winner_of
from format1.policies import first
from format1.records import version_id
from format1.vault import Vault


def quoted(text):
    units = text.encode("utf-16-be")
    letters = [int.from_bytes(units[i:i + 2], "big") for i in range(0, len(units), 2)]
    return '"' + "".join(chr(c) if 0x20 <= c <= 0x7E and chr(c) not in '"\\' else f"\\u{c:04x}" for c in letters) + '"'


def shown(vault, value):
    if value is None:
        return "none"
    if is_counter(value):
        return f"counter {value[1]} seen {len(value[2])}"
    return hashed(vault.read(value))


def hashed(content):
    return f"{len(content)} {hashlib.sha256(content).hexdigest()}"


def listing(vault):
    yield f"vault {vault.keys.vault_id.hex()}"
    for _, member in sorted(vault.membership.members.items()):
        yield f"member {member.device.hex()} {member.role} {quoted(member.name)}"
    for head in vault.membership.heads:
        yield f"head {head.hex()}"
    for name, tips in (("held", vault.replica.held()), ("applied", vault.replica.applied())):
        for log in tips:
            for sequence, commit in tips[log]:
                yield f"{name} {log.hex()} {sequence} {commit.hex()}"
    for collection, key, state in vault.items():
        yield from item_lines(vault, collection, key, state)
    for collection, state in vault.collections():
        for path in sorted(state.cells, key=utf16):
            if path:
                yield f"policy {quoted(collection)} {quoted(path)} {shown(vault, first(state.cells[path]).value)}"
        for unit, owner in vault.owners(collection):
            yield f"owner {quoted(collection)} {quoted(unit)} {owner.hex()}"
        for tree in state.trees:
            yield f"tree {quoted(collection)} {quoted(tree.prefix)} version {version_id(tree.dot)}"
    for dot, collection, key in vault.replica.refused():
        yield f"refused {quoted(collection)} {quoted(key)} version {version_id(dot)}"
    for record in vault.records:
        yield f"record {record.hex()}"
    yield f"state {vault.state_hash.hex()}"
    yield f"digest {vault.digest.hex()}"
    yield f"ops {vault.operations()} full {'yes' if vault.is_full() else 'no'}"


def item_lines(vault, collection, key, state):
    policy = vault.replica.policy((collection, key))
    winner, heads, is_any_open = winner_of(state, policy), state.cells.get("", []), any(is_open(h) for h in state.cells.values())
    status = "conflict" if waits(state, policy) else "item" if is_there(state, policy) else "deleted"
    named = version_id(winner.dot) if winner else "none"
    yield f"{status} {quoted(collection)} {quoted(key)} heads {len(heads)} conflict {'yes' if is_any_open else 'no'} version {named}"
    if status == "deleted":
        return
    yield f"  value {shown(vault, winner.value if heads else None)}"
    for name, value in heads and winner.metadata or []:
        yield f"  metadata {quoted(name)} {quoted(value) if isinstance(value, str) else value}"
    for path in sorted(state.cells, key=utf16):
        if path and first(state.cells[path], policy).alive:
            yield f"  cell {quoted(path)} {shown(vault, first(state.cells[path], policy).value)}"
    if not heads or winner.kind == PATCH:
        yield f"  json {hashed(to_json(state, vault.read, policy).encode('utf-8'))}"


def export(vault, folder):
    """Files, folders and links of the collection items; folders get their mode last. A value without a content id is no file (vault-format §9)."""
    modes = []
    for collection, key, state in vault.items():
        parts, policy = key.split("/"), vault.replica.policy((collection, key))
        winner = winner_of(state, policy)
        if collection != "items" or not is_there(state, policy) or waits(state, policy) or winner is None or any(p in ("", ".", "..") or "\0" in p for p in parts):
            continue
        metadata, target = dict(winner.metadata or []), Path(folder, *parts)
        kind = metadata.get("type", "file")
        if kind == "file" and winner.content is None:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if kind == "link":
            target.symlink_to(metadata["target"])
            continue
        if kind == "dir":
            target.mkdir(exist_ok=True)
        else:
            target.write_bytes(vault.read(winner.value))
        if "mtime" in metadata:
            modes.append((target, metadata))
        if kind == "file":
            target.chmod(metadata.get("mode", 0o600))
    for target, metadata in reversed(modes):
        if target.is_dir():
            target.chmod(metadata.get("mode", 0o700))
        os.utime(target, ns=(metadata["mtime"], metadata["mtime"]))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("vault")
    parser.add_argument("--key-file")
    parser.add_argument("--passphrase-file")
    parser.add_argument("--export")
    options = parser.parse_args()
    if options.key_file:
        data = Path(options.key_file).read_bytes()
        vault = Vault(options.vault, lambda f: f.unlock_with_key_file(data))
    else:
        typed = Path(options.passphrase_file).read_text("utf-8").removesuffix("\n")
        vault = Vault(options.vault, lambda f: f.unlock_with_passphrase(typed))
    sys.stdout.write("".join(line + "\n" for line in listing(vault)))
    if options.export:
        export(vault, options.export)


if __name__ == "__main__":
    main()
