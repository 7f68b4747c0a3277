"""A recipe as a table has every field, and its phases in words."""

from dataclasses import fields

from twostream_lib.training.recipes import RECIPES, Recipe, table


def test_the_table_has_a_column_for_each_recipe_and_a_row_for_each_field():
    shown = table({"ours": RECIPES["quick-spatial"], "theirs": RECIPES["paper-mode2-spatial"]})
    assert list(shown) == ["ours", "theirs"]
    assert list(shown.index) == [field.name for field in fields(Recipe)]
    assert shown["ours"]["batch_size"] == RECIPES["quick-spatial"].batch_size
    assert shown["ours"]["source"] == RECIPES["quick-spatial"].source


def test_phases_are_words_one_after_the_other():
    shown = table({"": RECIPES["paper-mode2-spatial"]})
    assert shown.loc["phases", ""] == (
        "sgd, lr 0.01, 385 epochs, constant; then adamw, lr 0.001, 60 epochs, constant"
    )
