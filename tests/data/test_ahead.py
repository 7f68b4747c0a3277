"""Reading ahead: nothing is lost, nothing is hidden, and nobody waits who need not."""

import threading
import time

import pytest

from twostream_lib.data.ahead import DEPTH, Ahead


def threads():
    return [thread for thread in threading.enumerate() if thread.name == "read ahead"]


@pytest.mark.parametrize("count", [0, 1, 2, 50])
def test_items_come_in_their_order_and_all_of_them(count):
    with Ahead(iter(range(count))) as ahead:
        assert list(ahead) == list(range(count))
    assert not threads()


def test_so_many_items_are_read_ahead_and_no_more():
    read = []

    def items():
        for number in range(100):
            read.append(number)
            yield number

    with Ahead(items()) as ahead:
        found = iter(ahead)
        assert next(found) == 0
        deadline = time.monotonic() + 10
        while len(read) < 2 + DEPTH and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.3)  # for one that is too many
        assert len(read) == 2 + DEPTH  # one is taken, one waits for room in the queue
    assert not threads()


def test_an_error_of_the_reader_comes_where_its_item_is_asked_for():
    def items():
        yield from (1, 2)
        raise KeyError("third")

    found = []
    with pytest.raises(KeyError, match="third"), Ahead(items()) as ahead:
        for item in ahead:
            found.append(item)
    assert found == [1, 2]
    assert not threads()


def test_a_loop_that_is_left_ends_the_thread_and_closes_the_reader():
    closed = []

    def items():
        try:
            yield from range(1000)
        finally:
            closed.append(True)

    with pytest.raises(KeyboardInterrupt), Ahead(items()) as ahead:
        for item in ahead:
            if item == 3:
                raise KeyboardInterrupt
    assert closed == [True] and not threads()


def test_the_first_item_is_read_by_the_thread_that_asks():
    """Data that start processes of their own do so there."""
    where = []

    def items():
        for number in range(3):
            where.append(threading.current_thread().name)
            yield number

    with Ahead(items()) as ahead:
        list(ahead)
    assert where == [threading.current_thread().name, "read ahead", "read ahead"]


def test_waiting_counts_only_while_the_device_has_nothing_to_do():
    def items():
        for number in range(4):
            time.sleep(0.1 if number else 0)
            yield number

    with Ahead(items(), idle=lambda: False) as busy:
        list(busy)
    with Ahead(items()) as free:
        list(free)
    assert busy.waited == 0 and 0.25 < free.waited < 3
