"""Plain values to bytes and back: the form in which a state travels. Nothing is ever unpickled."""

from __future__ import annotations

import hashlib
import struct
from typing import Any

import numpy as np

MAGIC = b"\x93trueval-state\n"
VERSION = 1
_DIGEST = 16
# Booleans, integers, floats, dates, durations, words.
_KINDS = "biufmMU"


def seal(content: Any) -> bytes:
    """Write a value with a header that tells what it is, and a checksum that tells whether it is whole."""
    body = MAGIC + struct.pack("<H", VERSION) + encode(content)
    return body + hashlib.blake2b(body, digest_size=_DIGEST).digest()


def unseal(data: Any) -> Any:
    """Read what `seal` wrote; ValueError for anything else."""
    try:
        raw = memoryview(data).cast("B")
    except TypeError:
        raise TypeError(f"data must be bytes, got {type(data).__name__}.") from None
    if bytes(raw[: len(MAGIC)]) != MAGIC:
        raise ValueError("data is not a state of trueval: it begins with other bytes.")
    head = len(MAGIC) + 2
    if len(raw) < head + _DIGEST:
        raise ValueError(f"data is not a whole state: it ends after {len(raw)} bytes.")
    if hashlib.blake2b(raw[:-_DIGEST], digest_size=_DIGEST).digest() != bytes(raw[-_DIGEST:]):
        raise ValueError("data is damaged: its checksum is another one.")
    (version,) = struct.unpack("<H", raw[head - 2 : head])
    if version != VERSION:
        raise ValueError(f"data is of version {version} of the format, and version {VERSION} is what is read here.")
    reader = _Reader(raw[head:-_DIGEST])
    value = reader.value()
    if reader.at != len(reader.raw):
        raise ValueError("data is not a state of trueval: there are bytes after its end.")
    return value


def encode(value: Any) -> bytes:
    """Write a value: a tag, a length where there is one, little-endian content."""
    out: list[bytes] = []
    _write(value, out)
    return b"".join(out)


def _sized(tag: bytes, content: bytes) -> bytes:
    return tag + struct.pack("<Q", len(content)) + content


def _write(value: Any, out: list[bytes]) -> None:
    if value is None or value is True or value is False:
        out.append({None: b"N", True: b"T", False: b"F"}[value])
    elif isinstance(value, np.bool_):
        out.append(b"T" if value else b"F")
    elif isinstance(value, (int, np.integer)):
        number = int(value)
        out.append(_sized(b"i", number.to_bytes(number.bit_length() // 8 + 1, "little", signed=True)))
    elif isinstance(value, (float, np.floating)):
        out.append(b"f" + struct.pack("<d", float(value)))
    elif isinstance(value, str):
        out.append(_sized(b"s", value.encode("utf-8", "surrogatepass")))
    elif isinstance(value, (list, tuple)):
        out.append((b"l" if isinstance(value, list) else b"t") + struct.pack("<Q", len(value)))
        for item in value:
            _write(item, out)
    elif isinstance(value, dict):
        out.append(b"d" + struct.pack("<Q", len(value)))
        for key, item in value.items():
            _write(key, out)
            _write(item, out)
    elif isinstance(value, np.ndarray) and value.dtype.kind in _KINDS:
        plain = np.ascontiguousarray(value, value.dtype.newbyteorder("<"))
        out.append(_sized(b"a", plain.dtype.str.encode()))
        _write(value.shape, out)
        out.append(_sized(b"r", plain.tobytes()))
    elif isinstance(value, np.ndarray) and value.dtype.kind == "O" and value.ndim == 1:
        _write(value.tolist(), out)
    else:
        raise TypeError(f"A state cannot be written with a value of type {type(value).__name__}: {value!r}.")


class _Reader:
    """A walk over bytes that a checksum vouches for, and which are looked at with suspicion all the same."""

    def __init__(self, raw: memoryview) -> None:
        self.raw = raw
        self.at = 0

    def take(self, size: int) -> memoryview:
        if size > len(self.raw) - self.at:
            raise ValueError("data is not a state of trueval: a part of it is longer than the whole.")
        part = self.raw[self.at : self.at + size]
        self.at += size
        return part

    def length(self) -> int:
        return int(struct.unpack("<Q", self.take(8))[0])

    def value(self) -> Any:
        tag = bytes(self.take(1))
        if tag in b"NTF":
            return {b"N": None, b"T": True, b"F": False}[tag]
        if tag == b"i":
            return int.from_bytes(self.take(self.length()), "little", signed=True)
        if tag == b"f":
            return struct.unpack("<d", self.take(8))[0]
        if tag == b"s":
            return bytes(self.take(self.length())).decode("utf-8", "surrogatepass")
        if tag in b"lt":
            items = [self.value() for _ in range(self.count())]
            return items if tag == b"l" else tuple(items)
        if tag == b"d":
            return {self.value(): self.value() for _ in range(self.count())}
        if tag == b"a":
            return self.array()
        raise ValueError(f"data is not a state of trueval: there is no tag {tag!r}.")

    def count(self) -> int:
        """Read a number of items, each of which has one byte at least."""
        count = self.length()
        if count > len(self.raw) - self.at:
            raise ValueError("data is not a state of trueval: a part of it is longer than the whole.")
        return count

    def array(self) -> np.ndarray[Any, Any]:
        dtype = np.dtype(bytes(self.take(self.length())).decode("ascii"))
        if dtype.kind not in _KINDS:
            raise ValueError(f"data is not a state of trueval: there is no array of {dtype}.")
        shape = self.value()
        if bytes(self.take(1)) != b"r":
            raise ValueError("data is not a state of trueval: an array lacks its content.")
        content = self.take(self.length())
        if dtype.itemsize == 0:
            return np.zeros(shape, dtype)
        return np.frombuffer(bytes(content), dtype).reshape(shape).astype(dtype.newbyteorder("="))
