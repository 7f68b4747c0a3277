"""A row for each class, and in it a dot for each network."""

import numpy as np
import pandas as pd

from twostream_lib import figures, networks


def test_per_class_counts_who_is_best_alone():
    table = pd.DataFrame({"spatial": [0.9, 0.5, 0.3], "average": [0.2, 0.5, 0.4]}, list("abc"))
    figure = figures.per_class(table)
    assert figure.axes[0].get_xlabel() == "right within the class (%)"
    title = "Ahead of all others, of 3 classes: spatial in 1, average in 1; 1 is a tie"
    assert figure.get_suptitle() == title
    ties = figures.per_class(table.assign(average=table.spatial)).get_suptitle()
    assert ties == "Ahead of all others, of 3 classes: none; 3 are ties"
    none = figures.per_class(table.drop("b")).get_suptitle()
    assert none == "Ahead of all others, of 2 classes: spatial in 1, average in 1"


def test_weights_of_classes_say_about_how_many_the_first_stream_is_believed_more():
    table = {"spatial": [0.9, 1.2, 1.4], "temporal-sg3i": [1.1, 1.0, 0.8]}
    drawn = figures.class_weights(pd.DataFrame(table, ["sit", "wave", "eat"]))
    assert drawn.get_suptitle() == "spatial is believed more about 2 of 3 classes"
    labels = [text.get_text() for text in drawn.axes[0].get_yticklabels()]
    assert labels == ["eat", "wave", "sit"]  # by how much more


def test_per_class_has_a_dot_for_each_class_and_network():
    table = pd.DataFrame({"spatial": [0.9, 0.5], "average": [0.2, 0.4]}, ["sit", "wave"])
    axes = figures.per_class(table, "windows right (%)").axes[0]
    assert axes.get_xlabel() == "windows right (%)"
    assert [text.get_text() for text in axes.get_yticklabels()] == ["wave", "sit"]  # by average
    dots = {line.get_markerfacecolor(): line for line in axes.lines if len(line.get_xdata()) == 2}
    for name in table:
        line = dots[networks.get(name).colour]
        assert line.get_marker() == networks.get(name).marker
        assert line.get_xdata().tolist() == (100 * table[name][["wave", "sit"]]).tolist()
        assert np.round(line.get_ydata()).tolist() == [0, 1]
