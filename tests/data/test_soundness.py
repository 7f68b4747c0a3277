"""Every byte of a store's windows is compared, at once or at the first reading."""

import zlib

import numpy as np
import pytest

from tests.data.small import FAST
from twostream_lib.data import cutting, soundness


@pytest.fixture
def windows(tmp_path):
    """A file of seven windows of three clips, and what is known of it."""
    clip_of = np.array([0, 0, 2, 2, 2, 5, 5])
    array = np.random.default_rng(0).integers(0, 256, (7, 6, 24, 32), np.uint8)
    with open(tmp_path / "windows.npy", "wb") as out:
        cutting.write_header(out, 7, FAST)
        out.write(array.tobytes())
    sums = {clip: zlib.crc32(array[clip_of == clip].tobytes()) for clip in (0, 2, 5)}
    clips = soundness.of_windows(clip_of, sums)
    return soundness.Windows(tmp_path / "windows.npy", FAST, clips)


def test_a_sound_file_has_no_fault_and_is_numpys(windows):
    assert windows.fault() == "" and windows.compared.all()
    assert np.load(windows.file).shape == (7, 6, 24, 32)


def test_a_changed_byte_is_found_wherever_it_is(windows):
    whole = windows.file.read_bytes()
    for place in (0, 7, 20, len(windows.header), len(whole) // 2, len(whole) - 1):
        changed = bytearray(whole)
        changed[place] ^= 1
        windows.file.write_bytes(changed)
        windows.compared[:] = False
        assert windows.fault(), place


def test_a_large_file_is_compared_in_part_and_the_rest_when_it_is_read(windows, monkeypatch):
    monkeypatch.setattr(soundness, "AT_ONCE", windows.file.stat().st_size // 2)
    assert windows.fault() == ""
    assert windows.compared.tolist() == [True, False, True]
    changed = bytearray(windows.file.read_bytes())
    changed[len(windows.header) + 3 * FAST.window_bytes] ^= 1
    windows.file.write_bytes(changed)
    assert windows.compare_rows(np.array([0, 6, 1])) is None
    assert windows.compare_rows(np.array([6, 4])) == 2
    assert windows.compare_rows(np.array([6, 4])) == 2  # it does not become right by being read


def test_a_clip_is_read_once_to_be_compared(windows, monkeypatch):
    assert windows.fault() == ""
    monkeypatch.setattr(cutting, "checksum", lambda *_: pytest.fail("compared again"))
    assert windows.compare_rows(np.arange(7)) is None
