"""Hashes, key derivation, seals and signatures (cryptography §1, §3, §5 to §7)."""

import ctypes
import hashlib
import hmac as _hmac

import nacl.bindings
import nacl.exceptions
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from . import FormatError

MAX_PLAIN = 15 * 2**20


def label(name):
    return b"syncmodule/1/" + name.encode("ascii") + b"\0"


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def hmac(key, *parts):
    return _hmac.new(key, b"".join(parts), hashlib.sha256).digest()


def derive(key, name, context):
    """X(key, name, context)."""
    return hmac(key, label(name), context, b"\x01")


def u32(number):
    return number.to_bytes(4, "big")


def u64(number):
    return number.to_bytes(8, "big")


def gcm_open(key, aad, data):
    try:
        return AESGCM(key).decrypt(bytes(12), data, aad)
    except InvalidTag:
        raise FormatError("it does not authenticate") from None


def argon2id(passphrase, salt, kib, passes):
    return nacl.bindings.crypto_pwhash_alg(32, passphrase, salt, passes, kib * 1024, nacl.bindings.crypto_pwhash_ALG_ARGON2ID13)


def verify(key, message, signature):
    try:
        nacl.bindings.crypto_sign_open(signature + message, key)
        return True
    except nacl.exceptions.BadSignatureError:
        return False


def is_low_order(x):
    try:
        return nacl.bindings.crypto_scalarmult(b"\x55" * 32, x) == bytes(32)
    except (nacl.exceptions.CryptoError, RuntimeError):
        return True


def padded_length(length):
    if length <= 256:
        return 256
    e = length.bit_length() - 1
    step = 1 << (e - e.bit_length())
    return (length + step - 1) // step * step


def open_body(body, prefix):
    """Codec and plaintext of a padded body; codec 255 is left to the caller."""
    codec = body[prefix]
    plain_length, data_length = (int.from_bytes(body[prefix + i:prefix + i + 4], "big") for i in (1, 5))
    used = prefix + 9 + data_length
    if max(plain_length, data_length) > MAX_PLAIN or padded_length(used) != len(body) or any(body[used:]):
        raise FormatError("a body is not padded as it must be")
    return codec, unpack(codec, body[prefix + 9:used], plain_length)


def unpack(codec, data, plain_length):
    if codec in (0, 255):
        if len(data) != plain_length:
            raise FormatError("the lengths of a body differ")
        return data
    if codec == 1:
        return _zstd(data, plain_length)
    raise FormatError(f"codec {codec} is not read here")


def open_block(siv_key, key_key, aad, block):
    """Codec and plaintext of a block (cryptography §6)."""
    siv = block[32:64]
    body = gcm_open(hmac(key_key, siv), aad + siv, block[64:])
    if hmac(siv_key, u32(len(aad)), aad, body) != siv:
        raise FormatError("the siv is not that of the body")
    return open_body(body, 0)


def open_object(vault_id, reference, sealed):
    """The plaintext of an object (cryptography §7); reference = [address, key, kind, length]."""
    address, key, kind, length = reference
    if sha256(sealed) != address:
        raise FormatError("an object does not match its address")
    body = gcm_open(key, label("object") + vault_id, sealed)
    codec, plain = open_body(body, 1)
    if body[0] != kind or codec == 255 or len(plain) != length:
        raise FormatError("an object is not what its reference says")
    return plain


def _zstd(data, plain_length):
    lib = ctypes.CDLL("libzstd.so.1")
    for name in ("ZSTD_decompress", "ZSTD_findFrameCompressedSize"):
        getattr(lib, name).restype = ctypes.c_size_t
    if len(data) < 6 or data[:4] != b"\x28\xb5\x2f\xfd" or data[4] & 0x0B or _window(data) > 2**23:
        raise FormatError("a zstd frame is not one that is allowed")
    if lib.ZSTD_findFrameCompressedSize(data, ctypes.c_size_t(len(data))) != len(data):
        raise FormatError("the data is not one frame")
    buffer = ctypes.create_string_buffer(max(plain_length, 1))
    if lib.ZSTD_decompress(buffer, ctypes.c_size_t(plain_length), data, ctypes.c_size_t(len(data))) != plain_length:
        raise FormatError("a zstd frame is damaged or has another length")
    return buffer.raw[:plain_length]


def _window(frame):
    """RFC 8878 §3.1.1.1: the window byte, or the content size of a single segment."""
    if not frame[4] & 0x20:
        base = 1 << (10 + (frame[5] >> 3))
        return base + base // 8 * (frame[5] & 7)
    size = (1, 2, 4, 8)[frame[4] >> 6]
    return int.from_bytes(frame[5:5 + size], "little") + (256 if size == 2 else 0)
