"""The class that a lesson on leaks looks at."""

import pandas as pd

from twostream_lib.clips import leaks


def table(*rows):
    return pd.DataFrame(rows, columns=["label", "source", "tag"])


def test_the_worst_class_has_the_source_with_the_most_leaking_test_clips():
    rows = [("jump", "show", 0), ("jump", "show", 2), ("wave", "film", 1)]
    rows += [("wave", "film", 2), ("wave", "film", 2)]
    assert leaks.worst_class(table(*rows)) == "wave"
    assert leaks.worst_class(table(*rows[:2])) == "jump"


def test_where_nothing_leaks_it_is_the_first_class():
    assert leaks.worst_class(table(("wave", "film", 1), ("jump", "film", 2))) == "jump"
