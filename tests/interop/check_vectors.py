#!/usr/bin/python3
"""Checks the worked examples of docs/specs with the reader: check_vectors.py FOLDER. The last line says how many cases held."""

import json
import sys
from pathlib import Path

import vectors_cryptography
import vectors_format
import vectors_merge
import vectors_protocol


def main():
    folder, count = Path(sys.argv[1]), 0
    checks = {}
    for module in (vectors_cryptography, vectors_format, vectors_merge, vectors_protocol):
        checks.update(module.CHECKS)
    files = {f.name: json.loads(f.read_text("utf-8")) for f in sorted(folder.glob("*.json"))}
    assert files.keys() == checks.keys(), sorted(files.keys() ^ checks.keys())
    cases = {name: {c["name"]: c for c in file["cases"]} for name, file in files.items()}
    for name, check in checks.items():
        count += check(cases[name], cases)
    print(f"{count} cases of {len(checks)} files hold")


if __name__ == "__main__":
    main()
