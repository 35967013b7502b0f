"""Values and their manifests (vault-format §7)."""

from . import FormatError, cbor
from .cbor import shape
from .commits import MissingObject, read_reference
from .crypto import open_object

CHUNK, MANIFEST = 1, 2


def read_value(vault_id, objects, value):
    """The bytes of a value. MissingObject when one of its objects is not here."""
    if value[0] == 0:
        return value[1]
    _, reference, length = value
    content = b"".join(_chunks(vault_id, objects, reference, None, length))
    if len(content) != length:
        raise FormatError("a value has another length than it says")
    return content


def read_manifest(plain):
    """(level, total, references), with every rule that one manifest can show."""
    one, level, total, listed = shape(cbor.decode(plain), int, int, int, list)
    if one != 1 or level > 8 or total > 2**53 or len(listed) > 256:
        raise FormatError("a manifest breaks a rule")
    references = [read_reference(r, (CHUNK if level == 0 else MANIFEST,)) for r in listed]
    lengths = [r[3] for r in references]
    fits = sum(lengths) == total if level == 0 else references and total >= len(references)
    if not fits or not all(lengths):
        raise FormatError("a manifest's lengths do not fit")
    return level, total, references


def _chunks(vault_id, objects, reference, level, total):
    if reference[0] not in objects:
        raise MissingObject(reference[0].hex())
    plain = open_object(vault_id, reference, objects[reference[0]])
    if reference[2] == CHUNK:
        yield plain
        return
    here, said, references = read_manifest(plain)
    if level not in (None, here) or said != total:
        raise FormatError("the manifests of a value do not fit together")
    if here == 0:
        for child in references:
            yield from _chunks(vault_id, objects, child, None, None)
        return
    left = total
    for child in references:
        _, part, _ = read_manifest(_open_child(vault_id, objects, child))
        if not 1 <= part <= left:
            raise FormatError("the manifests of a value do not fit together")
        left -= part
        yield from _chunks(vault_id, objects, child, here - 1, part)
    if left:
        raise FormatError("the manifests of a value do not fit together")


def _open_child(vault_id, objects, reference):
    if reference[0] not in objects:
        raise MissingObject(reference[0].hex())
    return open_object(vault_id, reference, objects[reference[0]])
