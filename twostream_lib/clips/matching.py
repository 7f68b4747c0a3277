"""Which clip of a folder a line of a split file means: names seldom agree to the letter."""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Iterator

import pandas as pd

from twostream_lib.clips.table import below, without_suffix
from twostream_lib.clips.texts import composed, first_three
from twostream_lib.errors import InputError, shown

ALIKE = 0.7  # from this ratio of difflib on, one of two names may be meant by the other
DIGITS = re.compile(r"\d+")  # clips are often told apart by them alone
NOT_THERE = -1


def match(listed: pd.DataFrame, table: pd.DataFrame) -> list[int]:
    """The place in ``table`` of each clip that ``read_splits`` lists, or -1 where it is not there.

    A clip is found by its name, or else without its suffix, which lists and folders may write
    differently, or else, where the list names no folder, by its file name in folders below the
    class folder. Backslashes count as slashes. Raises InputError where several clips fit equally
    well, and where two lines give one clip two tags.
    """
    there = _places(table)
    found = [_only(*clip, _find(*clip, there), table) for clip in _clips(listed)]
    _check_tags(listed, found)
    return found


def nearest(listed: str, candidates: list[str]) -> str:
    """Words on the name among ``candidates`` that may be meant by a name of a list; or nothing.

    It has the same numbers and nearly the same letters. Names that are not plain ASCII are written
    as Python writes them, because the difference may be one that cannot be seen.
    """
    alike = [each for each in candidates if DIGITS.findall(each) == DIGITS.findall(listed)]
    by_lower = {each.lower(): each for each in alike}
    close = difflib.get_close_matches(listed.lower(), by_lower, 1, ALIKE)
    if not close:
        return ""
    meant = by_lower[close[0]]
    if (listed + meant).isascii():
        return f"the folder has {shown(meant)}"
    return f"written {listed!a}, and the folder has {meant!a}"


def difference(absent: list[str], surplus: list[str]) -> str:
    """The first three of ``absent``, each with the name of ``surplus`` that may be meant."""
    words = []
    for name in absent[:3]:
        hint = nearest(name, surplus)
        words.append(f"{shown(name)} [{hint}]" if hint else shown(name))
    return ", ".join(words) + (", ..." if len(absent) > 3 else "")


def _places(table: pd.DataFrame) -> list[dict[tuple[str, str], list[int]]]:
    """The places of (label, name), for four ways to write the name of a clip that is there: as it
    is, without its suffix, without its folders, and without both."""
    places: list[dict[tuple[str, str], list[int]]] = [defaultdict(list) for _ in range(4)]
    for place, (label, path) in enumerate(zip(table["label"], table["path"], strict=True)):
        name = _plain(below(label, path))
        file = name.rpartition("/")[2]
        for way, written in enumerate((name, without_suffix(name), file, without_suffix(file))):
            places[way][label, written].append(place)
    return places


def _find(label: str, name: str, there: list[dict[tuple[str, str], list[int]]]) -> list[int]:
    """The places that a listed name fits best."""
    whole, bare = _plain(name), without_suffix(_plain(name))
    tries = [(0, whole), (1, whole), (1, bare)]
    if "/" not in whole:  # where the list names a folder, another one will not do
        tries += [(2, whole), (3, whole), (3, bare)]
    fits = (there[way].get((label, written)) for way, written in tries)
    return next((places for places in fits if places), [])


def _plain(name: str) -> str:
    return composed(name).replace("\\", "/")


def _only(label: str, name: str, places: list[int], table: pd.DataFrame) -> int:
    if len(places) > 1:
        several = [f"{label}/{below(label, table['path'].iloc[place])}" for place in places]
        raise InputError(
            f"A split file lists {shown(f'{label}/{name}')}, and {len(places)} clips may be meant "
            f"({first_three(several)}): write the name as the folder has it."
        )
    return places[0] if places else NOT_THERE


def _clips(listed: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """The label and name of each listed clip."""
    yield from zip(listed["label"], listed["name"], strict=True)


def _check_tags(listed: pd.DataFrame, found: list[int]) -> None:
    known: dict[int, tuple[str, int]] = {}
    for place, (label, name), tag in zip(found, _clips(listed), listed["tag"], strict=True):
        if place == NOT_THERE:
            continue
        before, first = known.setdefault(place, (name, tag))
        if first != tag:
            raise InputError(
                f"The split files give one clip of {shown(label)} two tags, {first} as "
                f"{shown(before)} and {tag} as {shown(name)}: take one of the lines out."
            )
