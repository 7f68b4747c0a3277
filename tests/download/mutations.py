"""Archives that are made byte by byte, and archives that are spoiled."""

import io
import random
import struct
import zipfile
import zlib

import rarfile

# --- RAR without a program that packs it -----------------------------------------------------


def rar4(files, flags=0, end=0x4000):
    """A RAR of format 4; `files` are pairs of a name and its bytes, stored as they are.

    `flags` are added to those of each file (4: encrypted), `end` are those of the end (1: a further
    volume follows).
    """
    blocks = [b"Rar!\x1a\x07\x00", _block4(0x73, 0, bytes(6))]
    for name, data in files:
        size, crc, name = len(data), zlib.crc32(data), _bytes(name)
        # Sizes packed and unpacked, Unix, checksum, time, version, stored, length of name, rights.
        fields = (size, size, 3, crc, 0x5A21_0000, 29, 0x30, len(name), 0o100644)
        blocks += [_block4(0x74, 0x8000 | flags, struct.pack("<LLBLLBBHL", *fields) + name), data]
    return b"".join([*blocks, _block4(0x7B, end, b"")])


def _block4(kind, flags, rest):
    header = struct.pack("<BHH", kind, flags, 7 + len(rest)) + rest
    return struct.pack("<H", zlib.crc32(header) & 0xFFFF) + header


def rar5(files, redirect=None):
    """A RAR of format 5; each file that `redirect` (kind, name) is given for is such a link."""
    blocks = [b"Rar!\x1a\x07\x01\x00", _block5(1, 0, _vint(0))]
    for name, data in files:
        kind, target = redirect or (0, "")
        extra = _vint(5) + _vint(kind) + _vint(0) + _text5(target) if redirect else b""
        extra = _vint(len(extra)) + extra if extra else b""
        data, flags = (b"", 1) if redirect else (data, 2)
        about = [4, len(data), 0o100644]
        fields = b"".join(map(_vint, about)) + struct.pack("<L", zlib.crc32(data)) + _vint(0)
        rest = fields + _vint(1) + _text5(name)
        sizes = _vint(len(extra)) if redirect else _vint(len(data))
        blocks += [_block5(2, flags, sizes + rest + extra), data]
    return b"".join([*blocks, _block5(5, 0, _vint(0))])


def _block5(kind, flags, rest):
    header = _vint(kind) + _vint(flags) + rest
    header = _vint(len(header)) + header
    return struct.pack("<L", zlib.crc32(header)) + header


def _text5(text):
    return _vint(len(_bytes(text))) + _bytes(text)


def _vint(number):
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])


def _bytes(name):
    return name if isinstance(name, bytes) else name.encode()


def zip_of(files, compression=zipfile.ZIP_STORED):
    """A ZIP; `files` are pairs of a name and its bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return buffer.getvalue()


# --- spoiling --------------------------------------------------------------------------------

EXTREMES = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 2**63 - 1, 2**64 - 1)


def spoiled(data, noise, other=b""):
    """The bytes of an archive, changed in one of many ways; `other` is another archive."""
    kinds = (a_bit, some_bytes, a_run, cut, without, twice, a_number, spliced, a_header, a_header)
    return noise.choice(kinds)(data, noise, other)


def a_bit(data, noise, _):
    at = noise.randrange(len(data))
    return _put(data, at, bytes([data[at] ^ 1 << noise.randrange(8)]))


def some_bytes(data, noise, _):
    for _ in range(noise.randint(1, 8)):
        data = _put(data, noise.randrange(len(data)), noise.randbytes(1))
    return data


def a_run(data, noise, _):
    size = noise.randint(1, 64)
    run = noise.choice([bytes(size), b"\xff" * size, noise.randbytes(size)])
    return _put(data, noise.randrange(len(data)), run)[: len(data)]


def cut(data, noise, _):
    return data[: noise.randrange(1, len(data))]


def without(data, noise, _):
    start, stop = sorted(noise.choices(range(len(data)), k=2))
    return data[:start] + data[stop:] or b"P"


def twice(data, noise, _):
    start, stop = sorted(noise.choices(range(len(data)), k=2))
    return data[:stop] + data[start:]


def a_number(data, noise, _):
    size, number = noise.choice([1, 2, 4, 8]), noise.choice(EXTREMES)
    return _put(data, noise.randrange(len(data)), number.to_bytes(8, "little")[:size])


def spliced(data, noise, other):
    return data[: noise.randrange(len(data))] + other[noise.randrange(len(other) or 1) :] or b"R"


def a_header(data, noise, other):
    """A change in what an archive says of a file; a RAR's checksum of it is put right again."""
    try:
        places = [_header(entry) for entry in _entries(data)]
    except Exception:
        places = []
    if not places:
        return a_number(data, noise, other)
    start, size = noise.choice(places)
    change = noise.choice([a_bit, some_bytes, a_number])
    header = change(data[start : start + size], noise, b"")[:size]
    if data[6:7] == b"\x00":
        header = struct.pack("<H", zlib.crc32(header[2:]) & 0xFFFF) + header[2:]
    elif data[:4] == b"Rar!":
        header = struct.pack("<L", zlib.crc32(header[4:])) + header[4:]
    return _put(data, start, header)


def _entries(data):
    reader = zipfile.ZipFile if data[:2] == b"PK" else rarfile.RarFile
    with reader(io.BytesIO(data)) as archive:
        return archive.infolist()


def _header(entry):
    if isinstance(entry, zipfile.ZipInfo):
        return entry.header_offset, 30 + len(entry.filename)
    return entry.header_offset, entry.header_size


def _put(data, at, change):
    return data[:at] + change + data[at + len(change) :]


def noises(seed, number):
    """So many sources of chance, each its own."""
    return [random.Random(f"{seed} {k}") for k in range(number)]
