"""The deterministic CBOR of cryptography §2: integers, byte and text strings, arrays, null."""

from . import FormatError

MAX_DEPTH = 16


class Reader:
    """Reads items one behind the other; `at` is the offset of the next byte."""

    def __init__(self, data):
        self.data, self.at, self.depth = bytes(data), 0, 0

    def item(self):
        """An int, bytes, str, list or None."""
        kind, number = self._head()
        if kind == 0:
            return number
        if kind == 1:
            if number > 2**63 - 1:
                raise FormatError("a negative number is out of range")
            return -1 - number
        if kind in (2, 3):
            return self._string(kind, number)
        if kind == 4:
            return self._array(number)
        return None

    def enter_array(self):
        """Reads the head of an array; its items follow. Gives their number."""
        kind, count = self._head()
        if kind != 4 or count > len(self.data) - self.at:
            raise FormatError("an array was expected")
        self.depth += 1
        return count

    def finish(self):
        if self.at != len(self.data):
            raise FormatError("bytes follow the end")

    def _array(self, count):
        if count > len(self.data) - self.at or self.depth == MAX_DEPTH:
            raise FormatError("an array is too long or too deep")
        self.depth += 1
        items = [self.item() for _ in range(count)]
        self.depth -= 1
        return items

    def _string(self, kind, length):
        if length > len(self.data) - self.at:
            raise FormatError("a string ends too early")
        value = self.data[self.at:self.at + length]
        self.at += length
        if kind == 2:
            return value
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            raise FormatError("text is not UTF-8") from None

    def _head(self):
        if self.at >= len(self.data):
            raise FormatError("the input ends too early")
        first = self.data[self.at]
        if first == 0xF6:
            self.at += 1
            return 7, None
        kind, info = first >> 5, first & 31
        if kind > 4 or info > 27:
            raise FormatError("a type that the format does not have")
        if info < 24:
            self.at += 1
            return kind, info
        size = 1 << (info - 24)
        if self.at + 1 + size > len(self.data):
            raise FormatError("the input ends too early")
        number = int.from_bytes(self.data[self.at + 1:self.at + 1 + size], "big")
        if number < (24 if size == 1 else 1 << (4 * size)):
            raise FormatError("a number is not in its shortest form")
        self.at += 1 + size
        return kind, number


def decode(data):
    """The one item that the bytes are."""
    reader = Reader(data)
    item = reader.item()
    reader.finish()
    return item


def split(data):
    """The encoded items of the array that the bytes are."""
    reader = Reader(data)
    parts = []
    for _ in range(reader.enter_array()):
        start = reader.at
        reader.item()
        parts.append(reader.data[start:reader.at])
    reader.finish()
    return parts


def encode(item):
    """The bytes of ints, bytes, str, lists and None."""
    if item is None:
        return b"\xf6"
    if isinstance(item, int):
        return _head(0, item) if item >= 0 else _head(1, -1 - item)
    if isinstance(item, bytes):
        return _head(2, len(item)) + item
    if isinstance(item, str):
        return _head(3, len(item.encode("utf-8"))) + item.encode("utf-8")
    return array_head(len(item)) + b"".join(encode(i) for i in item)


def array_head(count):
    """The bytes in front of an array's items."""
    return _head(4, count)


def _head(kind, number):
    if number < 24:
        return bytes([kind << 5 | number])
    for info, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if number < 1 << (8 * size):
            return bytes([kind << 5 | info]) + number.to_bytes(size, "big")
    raise FormatError("a number does not fit")


def shape(item, *fields):
    """Checks that the item is an array of these fields and gives it back. A field is a type, a tuple of types, or a length of bytes."""
    if not isinstance(item, list) or len(item) != len(fields):
        raise FormatError("an array has another shape")
    for value, field in zip(item, fields):
        if isinstance(field, int):
            if not isinstance(value, bytes) or len(value) != field:
                raise FormatError("a byte string has another length")
        elif not isinstance(value, field) or (isinstance(value, int) and value < 0 and field is not SIGNED):
            raise FormatError("a field has another type")
    return item


NULL = type(None)
SIGNED = (int,)  # every other number is not below zero
