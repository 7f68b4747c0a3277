"""The order of mode 1: every sample once, in time, and none lost under another."""

import zlib
from collections import Counter, deque
from itertools import count

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twostream_lib.data.frame_order import AT_ONCE, CHUNK, MOST, Arrivals, FrameOrder, Samples
from twostream_lib.data.order import Share
from twostream_lib.errors import InputError

# How many samples each clip has; one that is too short for any has none.
SAMPLES = st.lists(st.integers(0, 40), min_size=1, max_size=12).filter(sum).map(np.array)


def everything(arrivals: Arrivals) -> Samples:
    return arrivals.at(np.arange(len(arrivals)))


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
    arrivals = everything(order.arrivals(epoch))
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
    draws = order.drawn(order.arrivals(2), batch_size, 2, start)
    room = max(buffer, batch_size) + ahead
    places = order.places(draws, room)
    coming = np.sort(draws.numbers)
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
    arrivals = everything(order.arrivals(epoch=0))
    assert set(arrivals.slot.tolist()) == set(group)
    item = [
        turn * groups + group[slot] for turn, slot in zip(arrivals.turn, arrivals.slot, strict=True)
    ]
    assert item == sorted(item)


# --- the same order as by plain lists ----------------------------------------------------------


def plain_slots(order, epoch):
    """Each clip goes into the slot that has the fewest samples, the first of several."""
    clips = order.random(epoch, "order").permutation(np.flatnonzero(order.samples)).tolist()
    slots = [[] for _ in clips[: order.open_clips]]
    for clip in clips:
        min(slots, key=lambda slot: sum(order.samples[c] for c in slot)).append(clip)
    return slots


def plain_arrivals(order, epoch):
    """(clip, frame, slot, turn) of one sample after the other."""
    waiting = [
        deque((clip, frame) for clip in slot for frame in range(order.samples[clip]))
        for slot in plain_slots(order, epoch)
    ]
    arrived = []
    for turn in count():
        if not any(waiting):
            return arrived
        for slot, samples in enumerate(waiting):
            for _ in range(min(CHUNK, len(samples))):
                arrived.append((*samples.popleft(), slot, turn))


def plain_draws(order, batch_size, epoch):
    """The next samples that arrive take the places in the buffer of those that are drawn."""
    random, arriving = order.random(epoch, "draws"), deque(range(len(order)))
    held = [arriving.popleft() for _ in range(min(len(order), max(order.buffer, batch_size)))]
    while held:
        places = random.choice(len(held), min(batch_size, len(held)), replace=False).tolist()
        yield [held[place] for place in places]
        for place in places:
            held[place] = arriving.popleft() if arriving else None
        held = [sample for sample in held if sample is not None]


def plain_places(samples, draws, room):
    """Each sample that is drawn takes the place that has been free for longest."""
    free, places, batches = deque(range(room)), [-1] * samples, iter(draws)
    for sample in sorted(sample for drawn in draws for sample in drawn):
        while not free:
            free.extend(places[drawn] for drawn in next(batches))
        places[sample] = free.popleft()
    return places


@given(
    samples=SAMPLES,
    buffer=st.integers(1, 60),
    open_clips=st.integers(1, 14),
    batch_size=st.integers(1, 20),
    ahead=st.integers(0, 50),
    epoch=st.integers(0, 3),
    start=st.integers(0, 8),
    share=st.sampled_from([Share(0, 1), Share(0, 2), Share(1, 2), Share(2, 3)]),
)
@settings(max_examples=100, deadline=None)
def test_plain_lists_give_the_same_order(
    samples, buffer, open_clips, batch_size, ahead, epoch, start, share
):
    order = FrameOrder(samples, 1, buffer, open_clips)
    arrivals, plain = order.arrivals(epoch), plain_arrivals(order, epoch)
    assert list(zip(*(of.tolist() for of in everything(arrivals)), strict=True)) == plain

    drawn = list(plain_draws(order, batch_size, epoch))
    assert [some.tolist() for some in order.draws(batch_size, epoch)] == drawn
    mine = [
        [sample for sample in batch if plain[sample][2] % share.ranks == share.rank]
        for batch in drawn[start:]
    ]
    draws = order.drawn(arrivals, batch_size, epoch, start, share)
    assert [some.tolist() for some in draws] == mine

    room = max(buffer, batch_size) + ahead
    places = order.places(draws, room)
    assert places.tolist() == plain_places(len(order), mine, room)
    by_sample = {(clip, frame): places[i] for i, (clip, frame, *_) in enumerate(plain)}
    for slot, clips in enumerate(plain_slots(order, epoch)):
        assert [clip for clip, _ in arrivals.of_slot(slot, places)] == clips
        for clip, of_clip in arrivals.of_slot(slot, places):
            assert of_clip.tolist() == [by_sample[clip, i] for i in range(samples[clip])]


def test_the_order_has_not_changed():
    """Or a training that was stopped under an earlier version would go on with other batches."""
    samples = np.random.default_rng(0).gamma(3, 30, 500).astype(int)
    order = FrameOrder(samples, seed=5, buffer=2048, open_clips=64)
    arrivals = order.arrivals(epoch=2)
    draws = order.drawn(arrivals, 128, epoch=2, start=0)
    found = [*everything(arrivals), draws.numbers, order.places(draws, 4096)]
    assert [zlib.crc32(column.astype("<i8").tobytes()) for column in found] == [
        2454378047,
        1013653701,
        1381019594,
        995474232,
        4071451960,
        2216908555,
    ]


# --- how much there can be ---------------------------------------------------------------------


def test_a_large_buffer_is_filled_in_parts():
    order = FrameOrder(np.array([AT_ONCE * 2 + 3, 5]), 0, buffer=10**6, open_clips=2)
    draws = order.drawn(order.arrivals(0), 2**14, 0, start=1)
    places = order.places(draws, 10**6)
    assert places[np.sort(draws.numbers)].tolist() == list(range(len(order) - 2**14))


def test_more_samples_than_can_be_counted_are_refused():
    assert len(FrameOrder(np.array([MOST - 1, 1]), 0, 2048, 256)) == MOST
    with pytest.raises(InputError, match=r"2,147,483,648 samples.*fewer clips"):
        FrameOrder(np.array([MOST, 1]), 0, 2048, 256)
