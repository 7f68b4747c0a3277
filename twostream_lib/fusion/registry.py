"""The one registry of fusions: each is a function that learns from scores, and gives a rule.

A further fusion is one function with `@enter(...)` above it, in a module that `fusion` imports.
`predict` asks it of every run that has scores of it, and the tests of all fusions try it.
"""

from collections.abc import Callable, Sequence
from functools import wraps
from itertools import zip_longest
from typing import Any, cast

from twostream_lib import networks
from twostream_lib.errors import InputError
from twostream_lib.fusion.choosing import Rule
from twostream_lib.fusion.scores import Scores

# Learns from scores of windows or videos that the streams were not trained on, by a seed.
Learn = Callable[[Sequence[Scores], int], Rule]
FUSIONS: dict[str, Learn] = {}


def enter(name: str, words: str = "", learned: bool = True) -> Callable[[Learn], Learn]:
    """Enter a function as the fusion `name`; with `words`, as a network of that name as well.

    What it learns refuses to be asked about other classes than it learned from, or about more or
    fewer streams.

    Raises:
        InputError: there is no network of that name, and no words for one.
    """
    if words:
        networks.add(name, words, learned=learned)
    networks.get(name)

    def entered(learn: Learn) -> Learn:
        FUSIONS[name] = _careful(name, learn)
        return FUSIONS[name]

    return entered


def _careful(name: str, learn: Learn) -> Learn:
    @wraps(learn)
    def learn_carefully(streams: Sequence[Scores], *rest: Any, **named: Any) -> Rule:
        rule = learn(streams, *rest, **named)

        def ask(asked: Sequence[Scores]) -> Scores:
            _require_alike(name, streams, asked)
            return rule(asked)

        return ask if streams else rule

    return cast(Learn, learn_carefully)


def _require_alike(name: str, learned: Sequence[Scores], asked: Sequence[Scores]) -> None:
    """Raise InputError unless what is asked about is of as many streams and the same classes."""
    if len(learned) != len(asked):
        raise InputError(
            f"{name} learned from {len(learned)} streams and is asked about {len(asked)}: give it "
            "the scores of the same streams."
        )
    pairs = zip_longest(learned[0].classes, asked[0].classes, fillvalue="none")
    differ = next(((ours, theirs) for ours, theirs in pairs if ours != theirs), None)
    if differ:
        raise InputError(
            f"{name} learned of the class {differ[0]} where it is asked about {differ[1]}: give it "
            "scores of the classes that it learned from."
        )
