"""The cards say of clips and networks what the code and the baseline say of them."""

from pathlib import Path

import pytest

from twostream_lib import models, networks, stickhmdb
from twostream_lib.course import metrics, showing
from twostream_lib.stickhmdb.casting import cast_clips
from twostream_lib.stickhmdb.rendering import FPS, HEIGHT, WIDTH
from twostream_lib.training.profiles import PROFILES
from twostream_lib.training.recipes import RECIPES, table

ROOT = Path(__file__).resolve().parents[1]
STREAMS = ("spatial", "temporal-sg3i", "temporal-flow")
QUICK = PROFILES["quick"]


def card(name):
    """A card's text with single spaces, lines of tables as they are."""
    return " ".join((ROOT / "docs" / f"{name}-card.md").read_text(encoding="utf-8").split())


@pytest.fixture(scope="module")
def baseline():
    return metrics.read(ROOT / "tests" / "baseline-quick.json")


@pytest.fixture(scope="module")
def clips():
    return cast_clips()


def tagged(clips, split, tag):
    return clips[clips[f"tag{split}"] == tag]


def test_the_data_card_counts_the_clips(clips):
    classes, sources = clips.label.nunique(), clips.source.nunique()
    said = f"{len(clips):,} of {sources} sources in {classes} classes, {len(clips) // classes} a"
    assert said in card("data")
    assert f"{WIDTH} × {HEIGHT} pixels, {FPS} frames a second" in card("data")


@pytest.mark.parametrize("split", [1, 2, 3])
def test_the_data_card_counts_each_split(clips, split):
    train, test, neither = (tagged(clips, split, tag) for tag in (1, 2, 0))
    assert (
        f"| split {split} | {len(train)} training clips of {train.source.nunique()} sources, "
        f"{len(test)} test clips of {test.source.nunique()} sources, "
        f"{len(neither)} clips for neither |"
    ) in card("data")
    assert not set(train.source) & set(test.source)


def test_the_data_card_counts_the_relatives_of_test_clips(clips):
    test, neither = (tagged(clips, 1, tag) for tag in (2, 0))
    related = test.source.isin(set(neither.source)).sum()
    assert f"{related} of the {len(test)} test clips of split 1 have such a relative" in card(
        "data"
    )


def test_the_data_card_has_the_ceilings(baseline):
    for who, view in (
        ("one picture", "spatial"),
        ("three gray frames, or optical flow", "temporal-sg3i"),
        ("one picture and three gray frames", "joint"),
        ("one picture, three gray frames and flow", "joint-three"),
    ):
        assert f"| {who} | {100 * baseline['data']['ceilings'][view]:.1f} |" in card("data")
    assert len({baseline["data"]["ceilings"][name] for name in STREAMS[1:]}) == 1


def test_the_model_card_has_the_streams_rows_of_the_baseline(baseline):
    rows = showing.readme_table(baseline).splitlines()
    wanted = rows[:2] + [
        row for row in rows for name in STREAMS if row.startswith(f"| {networks.get(name).words} |")
    ]
    assert len(wanted) == 5
    text = (ROOT / "docs" / "model-card.md").read_text(encoding="utf-8")
    assert "\n".join(wanted) in text, "Put this in:\n" + "\n".join(wanted)
    (one,) = (
        row
        for row in baseline["results"]
        if (row["network"], row["protocol"]) == ("spatial", "video-10")
    )
    assert f"Of {one['n']} test videos of {one['sources']} sources" in card("model")


@pytest.mark.parametrize("name", STREAMS)
def test_the_model_card_has_the_recipes(name):
    recipe = RECIPES[QUICK.recipes[name]]
    phases = table({name: recipe}).at["phases", name]
    assert (
        f"| {networks.get(name).words} | {phases}; batches of {recipe.batch_size}; weight decay "
        f"{recipe.weight_decay:g}; label smoothing {recipe.label_smoothing:g}; dropout "
        f"{recipe.dropout:g} |"
    ) in card("model")


def test_the_model_card_counts_the_weights():
    classes = len(stickhmdb.CLASSES)
    for channels, words in ((3, "The spatial stream ({})"), (20, "the one for optical flow ({})")):
        net = models.StreamNet(QUICK.backbone, classes, in_channels=channels, weights="none")
        count = sum(part.numel() for part in net.parameters())
        assert words.format(f"{count:,} weights" if channels == 3 else f"{count:,}") in card(
            "model"
        )
    assert QUICK.flow_plan.channels == 20
