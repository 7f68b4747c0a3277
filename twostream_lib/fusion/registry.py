"""The one registry of fusions: each is a function that learns from scores, and gives a rule.

A further fusion is one function with `@enter(...)` above it, in a module that `fusion` imports.
`predict` asks it of every run that has scores of it, and the tests of all fusions try it.
"""

from collections.abc import Callable, Sequence

from twostream_lib import networks
from twostream_lib.fusion.choosing import Rule
from twostream_lib.fusion.scores import Scores

# Learns from scores of windows or videos that the streams were not trained on, by a seed.
Learn = Callable[[Sequence[Scores], int], Rule]
FUSIONS: dict[str, Learn] = {}


def enter(name: str, words: str = "", learned: bool = True) -> Callable[[Learn], Learn]:
    """Enter a function as the fusion `name`; with `words`, as a network of that name as well.

    Raises:
        InputError: there is no network of that name, and no words for one.
    """
    if words:
        networks.add(name, words, learned=learned)
    networks.get(name)

    def entered(learn: Learn) -> Learn:
        FUSIONS[name] = learn
        return learn

    return entered
