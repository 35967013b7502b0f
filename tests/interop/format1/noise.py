"""Noise_XXpsk3_25519_AESGCM_SHA256 (cryptography §9), both sides."""

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from .crypto import hmac, sha256

NAME = b"Noise_XXpsk3_25519_AESGCM_SHA256"
MESSAGES_PER_KEY = 1 << 14


def public(secret):
    return X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def exchange(secret, key):
    return X25519PrivateKey.from_private_bytes(secret).exchange(X25519PublicKey.from_public_bytes(key))


def _hkdf(key, data, count):
    temporary, outputs = hmac(key, data), [b""]
    for number in range(1, count + 1):
        outputs.append(hmac(temporary, outputs[-1], bytes([number])))
    return outputs[1:]


class Cipher:
    def __init__(self, key):
        self.key, self.counter = key, 0

    def seal(self, data, aad=b""):
        sealed = AESGCM(self.key).encrypt(self._nonce(self.counter), data, aad)
        self.counter += 1
        return sealed

    def open(self, data, aad=b""):
        plain = AESGCM(self.key).decrypt(self._nonce(self.counter), data, aad)
        self.counter += 1
        return plain

    def send(self, data):
        """One transport message, with a new key after every 16,384."""
        sealed = self.seal(data)
        if self.counter % MESSAGES_PER_KEY == 0:
            self.key = AESGCM(self.key).encrypt(self._nonce(2**64 - 1), bytes(32), b"")[:32]
        return sealed

    @staticmethod
    def _nonce(counter):
        return bytes(4) + counter.to_bytes(8, "big")


class Handshake:
    """Call write and read in turn; payloads are bytes. ephemeral is given because examples fix it."""

    def __init__(self, initiator, prologue, static, psk, ephemeral):
        self.initiator, self.static, self.psk, self.ephemeral = initiator, static, psk, ephemeral
        self.h = self.ck = NAME
        self.cipher = None
        self.remote_static = self.remote_ephemeral = None
        self.step = 0
        self._mix_hash(prologue)

    def write(self, payload):
        message = b""
        if self.step < 2:
            message = public(self.ephemeral)
            self._mix_ephemeral(message)
        if self.step == 1:
            self._mix_key(exchange(self.ephemeral, self.remote_ephemeral))
        if self.step > 0:
            message += self._seal(public(self.static))
            self._mix_key(exchange(self.static, self.remote_ephemeral))
        return message + self._finish(payload, self._seal)

    def read(self, message):
        if self.step < 2:
            self.remote_ephemeral, message = message[:32], message[32:]
            self._mix_ephemeral(self.remote_ephemeral)
        if self.step == 1:
            self._mix_key(exchange(self.ephemeral, self.remote_ephemeral))
        if self.step > 0:
            self.remote_static, message = self._open(message[:48]), message[48:]
            self._mix_key(exchange(self.ephemeral, self.remote_static))
        return self._finish(message, self._open)

    def split(self):
        """(the initiator's cipher, the responder's cipher)."""
        return [Cipher(key) for key in _hkdf(self.ck, b"", 2)]

    def _finish(self, data, how):
        if self.step == 2:
            self.ck, mixed, key = _hkdf(self.ck, self.psk, 3)
            self._mix_hash(mixed)
            self.cipher = Cipher(key)
        self.step += 1
        return how(data)

    def _mix_hash(self, data):
        self.h = sha256(self.h, data)

    def _mix_key(self, data):
        self.ck, key = _hkdf(self.ck, data, 2)
        self.cipher = Cipher(key)

    def _mix_ephemeral(self, key):
        self._mix_hash(key)
        self._mix_key(key)

    def _seal(self, data):
        sealed = self.cipher.seal(data, self.h)
        self._mix_hash(sealed)
        return sealed

    def _open(self, sealed):
        plain = self.cipher.open(sealed, self.h)
        self._mix_hash(sealed)
        return plain
