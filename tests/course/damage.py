"""Ways in which files get damaged: on disks, in transfers, and by hand."""

import json
import random
import re
from pathlib import Path

import numpy as np


def cut(content: bytes, rng: random.Random) -> bytes:
    return content[: rng.randrange(len(content))]


def flip(content: bytes, rng: random.Random) -> bytes:
    place = rng.randrange(len(content))
    return content[:place] + bytes([content[place] ^ 1 << rng.randrange(8)]) + content[place + 1 :]


def zero(content: bytes, rng: random.Random) -> bytes:
    start, length = rng.randrange(len(content)), rng.choice([1, 16, 512, 4096])
    return content[:start] + bytes(len(content[start : start + length])) + content[start + length :]


def lose(content: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(content))
    return content[:start] + content[start + rng.choice([1, 8, 100]) :]


def double(content: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(content))
    return content[:start] + content[start : start + rng.choice([1, 8, 100])] + content[start:]


def append(content: bytes, rng: random.Random) -> bytes:
    return content + rng.choice([b"\0", b"\n", b"junk", bytes(512), content])


def replace_whole(content: bytes, rng: random.Random) -> bytes:
    return rng.choice(
        [b"", b"text", b"{}", b"[]", b"null", b"\xff\xfe\0", b"<html></html>", b"1,2\n"]
    )


def exchange_lines(content: bytes, rng: random.Random) -> bytes:
    lines = content.split(b"\n")
    one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"\n".join(lines)


def lose_a_line(content: bytes, rng: random.Random) -> bytes:
    lines = content.split(b"\n")
    del lines[rng.randrange(len(lines))]
    return b"\n".join(lines)


def change_a_number(content: bytes, rng: random.Random) -> bytes:
    numbers = list(re.finditer(rb"\d+(\.\d+)?", content))
    if not numbers:
        return content
    there = rng.choice(numbers)
    new = rng.choice([b"0", b"1", b"-1", b"99999", b"1e999", b"NaN", b"0.5", b'"1"'])
    return content[: there.start()] + new + content[there.end() :]


def exchange_words(content: bytes, rng: random.Random) -> bytes:
    words = sorted(set(re.findall(rb"[a-z]{3,}", content)))
    if len(words) < 2:
        return content
    one, other = rng.sample(words, 2)
    return content.replace(one, other)


ANY = [cut, flip, flip, zero, lose, double, append, replace_whole]
TEXT = [exchange_lines, lose_a_line, change_a_number, change_a_number, exchange_words]


def by_hand(file: Path, rng: random.Random) -> bool:
    """Change a value within a file that stays of its kind, as a script would; whether it did."""
    if file.suffix == ".npz":
        with np.load(file) as opened:
            arrays = dict(opened)
        name = rng.choice(sorted(arrays))
        if arrays[name].ndim:
            arrays[name] = arrays[name][::-1]
            np.savez_compressed(file, **arrays)
        return True
    if file.suffix == ".npy":
        array = np.load(file)
        np.save(file, rng.choice([array[::-1], array[:-1], array.astype(np.int16), 255 - array]))
        return True
    if file.suffix == ".json":
        content = json.loads(file.read_text())
        name = rng.choice(sorted(content))
        content[name] = rng.choice([None, 1, "text", [], {}, [content[name]]])
        file.write_text(json.dumps(content))
        return True
    return False


def damage(file: Path, rng: random.Random) -> str:
    """Damage a file in one way, and say which."""
    if rng.random() < 0.1:
        file.unlink()
        return "gone"
    if rng.random() < 0.15 and by_hand(file, rng):
        return "by hand"
    text = file.suffix in (".json", ".csv", ".jsonl")
    way = rng.choice(ANY + TEXT if text else ANY)
    file.write_bytes(way(file.read_bytes(), rng))
    return way.__name__
