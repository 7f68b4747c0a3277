"""A room loads what it is about, and nothing heavy for another's sake."""

import subprocess
import sys

import pytest

HEAVY = {"av", "cv2", "matplotlib", "torch"}

# What each may load of these.
ROOMS = {
    "arguments": set(),
    "sampling": set(),
    "sg3i": {"cv2"},
    "flow": {"cv2"},
    "video": {"av", "cv2"},
    "clips": {"av", "cv2"},
    "download": set(),
    "stickhmdb": {"cv2"},
    "exercises.e00": {"cv2"},
    "exercises.e02": {"cv2"},
    "models": {"torch"},
    "data.plan": {"cv2"},
    "data.datasets": {"torch"},
    "data.store": {"av", "cv2"},
    "training": {"cv2", "torch"},
    "fusion": {"cv2", "torch"},
    "exercises.e01": set(),
    "figures": {"av", "cv2", "matplotlib"},
    "networks": set(),
    "threads": {"cv2"},
}


def marked(room):
    """Rooms with torch take seconds to load."""
    return pytest.param(room, marks=[pytest.mark.slow] if "torch" in ROOMS[room] else [])


@pytest.mark.parametrize("room", [marked(room) for room in ROOMS])
def test_a_room_loads_nothing_heavy_for_anothers_sake(room):
    code = f"import sys, twostream_lib.{room}; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert HEAVY & set(found.stdout.split()) <= ROOMS[room]
