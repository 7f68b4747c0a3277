"""The order of mode 1: every sample once, in time, and none lost under another."""

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from twostream_lib.data.frame_order import FrameOrder

# How many samples each clip has; one that is too short for any has none.
SAMPLES = st.lists(st.integers(0, 40), min_size=1, max_size=12).filter(sum).map(np.array)


@given(
    samples=SAMPLES,
    buffer=st.integers(1, 60),
    open_clips=st.integers(1, 9),
    batch_size=st.integers(1, 20),
    epoch=st.integers(0, 3),
)
@settings(max_examples=60, deadline=None)
def test_each_sample_arrives_and_is_drawn_once(samples, buffer, open_clips, batch_size, epoch):
    order = FrameOrder(samples, 1, buffer, open_clips)
    wanted = {(clip, frame) for clip, count in enumerate(samples) for frame in range(count)}
    arrivals = order.arrivals(epoch)
    assert len(order) == len(wanted)
    assert Counter(zip(arrivals.clip, arrivals.frame, strict=True)) == Counter(wanted)

    draws = list(order.draws(batch_size, epoch))
    assert sorted(np.concatenate(draws).tolist()) == list(range(len(wanted)))
    assert {len(drawn) for drawn in draws[:-1]} <= {batch_size}
    # What is drawn has arrived: at first as many as fit, then as many as were drawn before.
    held = max(buffer, batch_size)
    assert all(drawn.max() < held + number * batch_size for number, drawn in enumerate(draws))


@given(
    samples=SAMPLES,
    buffer=st.integers(1, 60),
    batch_size=st.integers(1, 20),
    ahead=st.integers(0, 50),
    start=st.integers(0, 8),
)
@settings(max_examples=60, deadline=None)
def test_no_sample_is_lost_under_another(samples, buffer, batch_size, ahead, start):
    """However far the workers are ahead, within `ahead` samples of what has to be there."""
    order = FrameOrder(samples, 1, buffer, 5)
    draws = list(order.draws(batch_size, epoch=2))[start:]
    if not draws:
        return
    room = max(buffer, batch_size) + ahead
    places = order.places(draws, room)
    coming = np.sort(np.concatenate(draws))
    assert set(np.flatnonzero(places >= 0)) == set(coming) and places.max() < room
    waiting, written = np.full(room, -1), 0
    for number, drawn in enumerate(draws):
        until = min(room + number * batch_size, len(coming))
        waiting[places[coming[written:until]]] = coming[written:until]
        written = until
        np.testing.assert_array_equal(waiting[places[drawn]], drawn)


@given(samples=SAMPLES, open_clips=st.integers(1, 9), groups=st.integers(1, 20))
@settings(max_examples=40, deadline=None)
def test_groups_arrive_one_after_the_other(samples, open_clips, groups):
    """So a worker can have every n-th group, whatever n is: the order is the same."""
    order = FrameOrder(samples, 0, 2048, open_clips)
    slots = order.groups(groups)
    assert len(slots) == groups
    group = {slot: number for number, some in enumerate(slots) for slot in some.tolist()}
    arrivals = order.arrivals(epoch=0)
    assert set(arrivals.slot.tolist()) == set(group)
    item = [
        turn * groups + group[slot] for turn, slot in zip(arrivals.turn, arrivals.slot, strict=True)
    ]
    assert item == sorted(item)
