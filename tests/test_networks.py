"""The registry of networks: order, looks and ceilings."""

import pytest
import seaborn as sns

from tests.fusion.samples import random_scores
from twostream_lib import fusion, networks
from twostream_lib.errors import InputError

COURSE = ["spatial", "temporal-sg3i", "temporal-flow", "average", "average-three", "weighted"]
COURSE += ["svm", "fusenet", "fusenet-linear"]


@pytest.fixture
def registry(monkeypatch):
    """The registry, to enter networks into that are gone afterwards."""
    monkeypatch.setattr(networks, "_NETWORKS", dict(networks._NETWORKS))
    return networks


def test_streams_come_first_and_fusions_by_what_they_learn():
    assert networks.names()[: len(COURSE)] == COURSE
    learned = [name for name in COURSE[3:] if networks.get(name).learned]
    assert learned == ["weighted", "svm", "fusenet", "fusenet-linear"]


def test_what_the_fusions_make_is_in_the_registry():
    streams = [random_scores(part="train"), random_scores("temporal-sg3i", seed=1, part="train")]
    made = [fusion.average(streams), fusion.average(streams, [1, 2]), fusion.svm(streams)(streams)]
    assert [networks.get(one.network).name for one in made] == ["average", "weighted", "svm"]


def test_a_stream_has_a_view_and_a_fusion_sees_several():
    views = {name: networks.get(name).view for name in COURSE}
    assert list(views.values())[:3] == ["rgb", "sg3i", "flow"]
    assert all(
        not views[name] and networks.get(name).sees.startswith("joint") for name in COURSE[3:]
    )


def test_the_colours_are_seaborns_for_the_colour_blind():
    assert sorted(networks.COLOURS) == sorted(sns.color_palette("colorblind").as_hex())


def test_no_two_of_a_hundred_networks_look_alike(registry):
    for number in range(100 - len(registry.names())):
        registry.add(f"new-{number}", "a new one", learned=False)
    looks = {(registry.get(name).colour, registry.get(name).marker) for name in registry.names()}
    assert len(registry.names()) == len(looks) == 100


def test_a_new_network_comes_last_and_changes_nothing_of_the_others(registry):
    looks = [(registry.get(name).colour, registry.get(name).marker) for name in COURSE]
    before = registry.names()
    registry.add("made-up", "made up", learned=False)
    assert registry.names() == [*before, "made-up"]
    assert [(registry.get(name).colour, registry.get(name).marker) for name in COURSE] == looks


def test_the_courses_own_have_a_colour_each():
    assert len({networks.get(name).colour for name in COURSE}) == len(COURSE)


def test_a_ceiling_is_that_of_what_the_network_sees():
    ceilings = {
        "spatial": 0.6,
        "temporal-sg3i": 0.7,
        "temporal-flow": 0.8,
        "joint": 0.9,
        "joint-three": 1.0,
    }
    found = [networks.ceiling(name, ceilings) for name in COURSE]
    assert found[:3] == [0.6, 0.7, 0.8] and set(found[3:]) == {0.9, 1.0}
    assert found[COURSE.index("average-three")] == 1.0
    assert networks.ceiling("spatial", {}) is None


def test_a_name_that_nobody_entered_is_told(registry):
    with pytest.raises(InputError, match="No network is called 'jiont': enter it"):
        registry.get("jiont")
    with pytest.raises(InputError, match="No network is called 'jiont'"):
        registry.ceiling("jiont", {})


def test_a_cell_may_be_run_again_but_no_name_has_two_meanings(registry):
    before = registry.names()
    registry.add("made-up", "made up", learned=False)
    registry.add("made-up", "made up", learned=False)
    assert registry.names() == [*before, "made-up"]
    with pytest.raises(InputError, match="a network made-up already, made up: take"):
        registry.add("made-up", "another one", learned=False)
    with pytest.raises(InputError, match="sees 'sound': choose one of spatial, temporal-sg3i,"):
        registry.add("audio", "audio stream", learned=True, sees="sound")
