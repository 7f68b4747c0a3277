"""How far the rule of `fusion.familiar` can be believed: what was measured, and sentences about it.

Its figures are in `reliability.json` and nowhere else. `make reliability` measures them and writes
the file; CONTRIBUTING says when.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from twostream_lib import records
from twostream_lib.fusion import familiar

FILE = Path(__file__).with_name("reliability.json")
# The rule's constants: with others it has to be measured anew.
RULE = {"seen": familiar.SEEN, "fewest": familiar.FEWEST, "floor": float(familiar.FLOOR)}


@cache
def record() -> dict[str, Any]:
    """What was measured, and how.

    - `rule`: the constants of the rule that was measured, see `RULE`.
    - `held_out`: for each data set a measurement with classes that were held out of training:
      `data`, `date`, `how`, `thresholds` (one for each group of classes and split), `chosen_on`
      (how many videos gave each), and of the test videos `new` (of the classes that
      were held out) and `seen` (of all others), each with `not_known`, `of`, `low` and `high`.
    - `asked`: finished runs that were asked about films of another data set: `data` (theirs),
      `films` (the films'), `shared` (the `action` that both have, and in how many `films`),
      `date`, `how`, and `runs`: `split`, `validation` (a checksum of the videos that it was chosen
      on), `threshold`, `chosen_on`, `not_known`, `of`, `low` and `high`.

    `low` and `high` are a 95 % interval of the share that was not known, 0..1.

    Raises:
        InputError: the file is damaged.
    """
    return records.read(FILE, "put the repository's file back.")


@cache
def words() -> str:
    """How often such a rule is wrong, in two sentences."""
    return in_words(record())


def in_words(record: dict[str, Any]) -> str:
    """The sentences about a record, see `record`."""
    sets, asked = record["held_out"], record["asked"]
    shared = asked["shared"]
    new = [
        f"{_percent(one['new'])} % ({one['new']['not_known']} of {one['new']['of']}; 95 % interval "
        f"{_interval(one['new'])}) on {one['data']}"
        for one in sets
    ]
    seen = [f"{_percent(one['seen'])} % ({_interval(one['seen'])})" for one in sets]
    runs = [f"{_percent(run)}" for run in asked["runs"]]
    return (
        f"Measured with classes held out of training: of their videos {_listed(new)} were not "
        f"known; nor were {_listed(seen)} of the videos of all other classes. "
        f"Of {asked['runs'][0]['of']} real films of {asked['films']}, {shared['films']} of which "
        f"are {shared['action']}, as is one of {asked['data']}'s classes, {len(runs)} runs on "
        f"{asked['data']} did not know {_listed(runs)} %."
    )


def _percent(found: dict[str, Any]) -> str:
    return f"{100 * found['not_known'] / found['of']:.0f}"


def _interval(found: dict[str, Any]) -> str:
    return f"{100 * found['low']:.0f} to {100 * found['high']:.0f}"


def _listed(words: Sequence[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
