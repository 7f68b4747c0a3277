"""Mode 1: every frame once an epoch, well mixed, the same by any number of workers, resumable."""

import json
import multiprocessing
import tracemalloc
from collections import Counter
from itertools import islice

import cv2
import numpy as np
import pandas as pd
import pytest
import torch
from torch.utils.data import DataLoader

from tests.data.small import CLASSES, SIZE, table_of
from tests.video.films import PAUSED, bar_at, left_of_bar, turned, without_conversion, write_at
from twostream_lib import clips, sampling, video
from twostream_lib.data import frame_stream
from twostream_lib.data.frame_stream import FrameStream
from twostream_lib.data.order import ALONE, Share
from twostream_lib.errors import InputError
from twostream_lib.video import encoding


@pytest.fixture(scope="module")
def noise(tmp_path_factory):
    """Five clips of noise, no two frames alike; one is too short for an SG3I."""
    folder, rng = tmp_path_factory.mktemp("mode1"), np.random.default_rng(0)
    lengths, paths = [13, 7, 22, 2, 17], []
    for number, frames in enumerate(lengths):
        coarse = rng.integers(0, 256, (frames, 10, 12, 3), dtype=np.uint8)
        paths.append(folder / f"{number}.avi")
        encoding.write(paths[-1], coarse.repeat(4, 1).repeat(4, 2), fps=30)  # 40 x 48 pixels
    return table_of(lengths, paths)


def listed(batches):
    return [(images.numpy().tobytes(), labels.tolist()) for images, labels in batches]


def unflipped(image):
    """The same bytes for an image [H, W, 3] and its mirror image."""
    return min(image.tobytes(), image[:, ::-1].tobytes())


@pytest.mark.parametrize(("view", "length"), [("rgb", 1), ("sg3i", 3)])
def test_there_are_as_many_samples_as_the_sampling_has(view, length):
    lengths = [1, 2, 3, 17, 40]
    stream = FrameStream(table_of(lengths), CLASSES, view, SIZE)
    assert len(stream) == sum(len(sampling.mode1(frames, length=length)) for frames in lengths)


@pytest.mark.parametrize("view", ["rgb", "sg3i"])
def test_what_is_drawn_are_the_frames_of_the_clips(noise, view):
    stream = FrameStream(noise, CLASSES, view, (40, 48), buffer=20, open_clips=3)
    drawn = Counter(
        (unflipped(image.permute(1, 2, 0).numpy()), label)
        for images, labels in stream.batches(8, workers=2)
        for image, label in zip(images, labels.tolist(), strict=True)
    )
    wanted: Counter = Counter()
    for clip in noise.itertuples():
        label = CLASSES.index(clip.label)
        if view == "rgb":
            wanted.update((unflipped(frame), label) for frame in video.decode(clip.path))
        else:
            windows = video.decode_gray(clip.path)[sampling.mode1(clip.frames)]
            wanted.update((unflipped(w.transpose(1, 2, 0)), label) for w in windows)
    assert drawn == wanted


def test_every_frame_of_real_clips_is_drawn_once(real_data):
    paths = sorted((real_data / "data" / "hmdb51_clips").glob("*/*.avi"))
    paths = [path for path in paths if video.decode(path, [0]).shape[1:3] == (240, 320)]
    frames = [video.decode(path) for path in paths]
    rows = table_of([len(clip) for clip in frames], paths)
    stream = FrameStream(rows, CLASSES, "rgb", (240, 320), buffer=200)
    drawn = Counter(
        hash(unflipped(image.permute(1, 2, 0).numpy()))
        for images, _ in stream.batches(64, workers=2)
        for image in images
    )
    assert drawn == Counter(hash(unflipped(frame)) for clip in frames for frame in clip)


def test_a_sample_is_a_crop_of_its_frame(noise):
    stream = FrameStream(noise, CLASSES, "rgb", SIZE, buffer=100)
    crops = {
        frame[top : top + 32, left : left + 40].tobytes(): (top, left)
        for path in noise.path
        for frame in video.decode(path)
        for top in range(0, 9, 2)
        for left in range(0, 9, 2)
    }
    images = torch.cat([images for images, _ in stream.batches(8, workers=0)])
    images = images.permute(0, 2, 3, 1).numpy()
    found = [(crops.get(i.tobytes()), crops.get(i[:, ::-1].tobytes())) for i in images]
    assert all(as_it_is or mirrored for as_it_is, mirrored in found)
    flipped = [as_it_is is None for as_it_is, _ in found]
    assert 0.3 < np.mean(flipped) < 0.7
    assert len({as_it_is or mirrored for as_it_is, mirrored in found}) > 15  # of 25 places


@pytest.mark.parametrize(
    ("codec", "layout", "extra"),
    [
        ("mjpeg", "yuvj420p", ()),
        ("ffv1", "yuv444p", ()),
        ("png", "rgb24", ()),
        ("libx264", "yuv420p", ("-vf", "scale=out_color_matrix=bt709", "-colorspace", "bt709")),
    ],
)
def test_other_layouts_ranges_and_matrices_are_kept_as_well(tmp_path, ffmpeg, codec, layout, extra):
    """On the way they become 4:2:0, so edges of colour are softer, and nothing else is."""
    path = tmp_path / "other.mkv"
    source = ("-f", "lavfi", "-i", "gradients=size=160x120:rate=25:duration=0.2:seed=3")
    ffmpeg(*source, *extra, "-c:v", codec, "-pix_fmt", layout, path)
    wanted = video.decode(path)
    stream = FrameStream(table_of([len(wanted)], [path]), CLASSES, "rgb", (120, 160), buffer=9)
    images = torch.cat([images for images, _ in stream.batches(5, workers=0)])
    images = images.permute(0, 2, 3, 1).numpy().astype(int)
    for frame in wanted.astype(int):
        nearest = min(
            np.abs(image[:, ::step] - frame).mean() for image in images for step in (1, -1)
        )
        assert nearest < 2.5


@pytest.mark.parametrize("size", [(24, 24), (64, 96)])
def test_other_sizes_are_scaled(noise, size):
    stream = FrameStream(noise, CLASSES, "rgb", size, buffer=8)
    images, _ = next(stream.batches(8, workers=0))
    assert images.shape == (8, 3, *size) and images.dtype == torch.uint8
    assert images.is_contiguous(memory_format=torch.channels_last)
    assert images.float().std() > 20  # there is something in them


@pytest.mark.parametrize("view", ["rgb", "sg3i"])
def test_the_number_of_workers_changes_nothing(noise, view):
    stream = FrameStream(noise, CLASSES, view, SIZE, buffer=20, open_clips=4)
    alone = listed(stream.batches(8, epoch=1, workers=0))
    assert listed(stream.batches(8, epoch=1, workers=2)) == alone
    assert listed(stream.batches(8, epoch=2, workers=0)) != alone
    other = FrameStream(noise, CLASSES, view, SIZE, seed=1, buffer=20, open_clips=4)
    assert listed(other.batches(8, epoch=1, workers=0)) != alone


@pytest.mark.parametrize("buffer", [8, 20, 500])
def test_an_epoch_can_be_resumed_at_any_batch(noise, buffer):
    stream = FrameStream(noise, CLASSES, "rgb", SIZE, buffer=buffer, open_clips=3)
    whole = listed(stream.batches(8, epoch=3, workers=0))
    for start in range(len(whole) + 1):
        assert listed(stream.batches(8, epoch=3, start=start, workers=0)) == whole[start:]
    assert listed(stream.batches(8, epoch=3, start=4, workers=2)) == whole[4:]


def test_clips_whose_samples_are_all_drawn_are_not_decoded_again(noise, monkeypatch):
    stream = FrameStream(noise, CLASSES, "rgb", SIZE, buffer=4, open_clips=1)
    opened, frames = [], video.frames
    monkeypatch.setattr(video, "frames", lambda path: opened.append(path) or frames(path))
    last = -(-len(stream) // 4) - 1
    assert len(listed(stream.batches(4, start=last, workers=0))) == 1
    assert 1 <= len(opened) < len(noise)


def test_workers_do_not_wait_for_opencvs_threads(noise):
    stream = FrameStream(noise, CLASSES, "rgb", SIZE)
    threads = cv2.getNumThreads()
    cv2.setNumThreads(4)
    try:
        cv2.resize(np.zeros((2000, 2000, 3), np.uint8), (1500, 1500))  # now there are some
        assert len(listed(stream.batches(8, workers=2))) == 8
        assert cv2.getNumThreads() == 4
    finally:
        cv2.setNumThreads(threads)


def test_too_little_shared_memory_is_said_with_what_helps(noise, monkeypatch):
    """A container has 64 MB of it unless it is given more."""

    def full(self):
        raise RuntimeError(
            "unable to allocate shared memory(shm) for file </torch_1_2_0>: No space left on "
            "device (28)"
        )

    monkeypatch.setattr(torch.Tensor, "share_memory_", full)
    stream = FrameStream(noise, CLASSES, "rgb", SIZE, buffer=20)
    words = r"MB of shared memory.*No space left on device.*--shm-size 4g"
    with pytest.raises(InputError, match=words) as told:
        next(stream.batches(8, workers=2))
    assert "\n" not in str(told.value)
    assert next(stream.batches(8, workers=0))[0].shape == (8, 3, *SIZE)  # which shares nothing


def test_torchs_own_random_numbers_are_left_alone(noise):
    stream = FrameStream(noise, CLASSES, "rgb", SIZE)
    torch.manual_seed(5)
    wanted = torch.rand(3)
    torch.manual_seed(5)
    list(stream.batches(8, workers=0))
    assert torch.equal(torch.rand(3), wanted)


# One worker, because torch takes 5 seconds to end each after an error.
@pytest.mark.parametrize(("workers", "change"), [(0, -1), (0, 1), (1, 1)])
def test_a_clip_that_changed_is_named(noise, workers, change):
    rows = noise.copy()
    rows.loc[2, "frames"] += change
    stream = FrameStream(rows, CLASSES, "rgb", SIZE)
    with pytest.raises(InputError, match=r"2\.avi has .* frames, and had 2[13] when") as error:
        list(stream.batches(8, workers=workers))
    assert "Traceback" not in str(error.value)


@pytest.mark.parametrize("workers", [0, 1])
def test_a_clip_that_cannot_be_converted_is_named(workers, tmp_path):
    rows = table_of([5], [without_conversion(tmp_path / "odd.nut")])
    stream = FrameStream(rows, CLASSES, "rgb", SIZE)
    before = set(multiprocessing.active_children())
    with pytest.raises(InputError, match=r"odd\.nut has frames in a layout") as error:
        list(stream.batches(8, workers=workers))
    assert "Traceback" not in str(error.value)
    assert set(multiprocessing.active_children()) <= before  # though the error is still at hand


def test_a_loaders_workers_would_each_give_everything_and_are_refused(noise, monkeypatch):
    stream = FrameStream(noise, CLASSES, "rgb", SIZE)
    assert len(list(DataLoader(stream, 8))) == 8
    monkeypatch.setattr(frame_stream, "get_worker_info", lambda: "a worker")
    with pytest.raises(InputError, match="its own workers"):
        next(iter(stream))


@pytest.mark.parametrize("view", ["rgb", "sg3i"])
@pytest.mark.parametrize("ranks", [2, 3, 4])
def test_several_processes_share_each_batch_and_decode_each_clip_once(
    noise, ranks, view, monkeypatch
):
    stream = FrameStream(noise, CLASSES, view, SIZE, buffer=64, open_clips=6)
    checked, decoded, parts = FrameStream._checked, [], []
    monkeypatch.setattr(
        FrameStream, "_checked", lambda self, clip: decoded.append(clip) or checked(self, clip)
    )
    whole = list(stream.batches(16, epoch=1, start=1, workers=0))
    alone, decoded[:] = sorted(decoded), []
    for rank in range(ranks):
        share = Share(rank, ranks)
        parts.append(list(stream.batches(16, epoch=1, start=1, workers=0, share=share)))
    assert sorted(decoded) == alone and len(set(alone)) == len(alone) > 3
    for batch, *shares in zip(whole, *parts, strict=True):
        images, labels = (torch.cat(of_all) for of_all in zip(*shares, strict=True))
        together = sorted(zip(labels.tolist(), map(bytes, images.numpy()), strict=True))
        assert together == sorted(zip(batch[1].tolist(), map(bytes, batch[0].numpy()), strict=True))


def test_whatever_the_order_follows_from_is_in_the_identity(noise):
    def word(rows=noise, **changes):
        of = {"view": "rgb", "size": SIZE, "seed": 0, "buffer": 64, "open_clips": 4} | changes
        return json.dumps(FrameStream(rows, CLASSES, **of).identity)

    others = [
        word(view="sg3i"),
        word(size=(32, 32)),
        word(seed=1),
        word(buffer=65),
        word(open_clips=5),
        word(noise.iloc[:4]),
        word(noise.assign(label=noise.label[::-1].to_numpy())),
        word(noise.assign(content=list("abcde"))),
        word(noise.assign(content=list("abcdf"))),
    ]
    assert word() == word() and len({word(), *others}) == 10


@pytest.mark.parametrize("size", [(31, 40), (32, 41)])
def test_a_sample_has_even_sides(noise, size):
    with pytest.raises(InputError, match="both must be even"):
        FrameStream(noise, CLASSES, "rgb", size)


@pytest.mark.slow
def test_the_number_of_clips_does_not_change_what_is_held(noise, monkeypatch):
    """Ten times the clips, no more decoders open at once and no more places in the buffer."""
    most = []
    for times in (4, 40):
        is_open, opened, buffers = 0, [0], []
        frames, done = video.frames, FrameStream._done

        def counted(path, frames=frames, opened=opened):
            nonlocal is_open
            is_open += 1
            opened.append(is_open)
            yield from frames(path)
            is_open -= 1

        def seen(self, decoder, workers, done=done, buffers=buffers):
            buffers.append(len(decoder.waiting_planes[0]))
            return done(self, decoder, workers)

        with monkeypatch.context() as patch:
            patch.setattr(frame_stream.video, "frames", counted)
            patch.setattr(FrameStream, "_done", seen)
            rows = pd.concat([noise] * times, ignore_index=True)
            stream = FrameStream(rows, CLASSES, "rgb", SIZE, buffer=16, open_clips=3)
            assert sum(len(labels) for _, labels in stream.batches(8, workers=0)) == len(stream)
        most.append((max(opened), *buffers))
    assert most[0] == most[1] and most[0][0] == 3 and most[0][1] < 60


@pytest.mark.parametrize("share", [ALONE, Share(1, 2)])
def test_the_order_takes_at_most_20_bytes_a_sample(share, monkeypatch):
    """While it is made as well, and with the decoding in the same process."""
    table, undecoded = table_of([200] * 5000), lambda self, clip, epoch, places, planes: places
    monkeypatch.setattr(FrameStream, "put_clip", undecoded)
    stream = FrameStream(table, CLASSES, "rgb", SIZE)
    tracemalloc.start()
    try:
        batches = stream.batches(128, workers=0, share=share)
        drawn = sum(len(labels) for _, labels in islice(batches, 50))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert drawn == pytest.approx(50 * 128 / share.ranks, rel=0.1)
    assert 8 < most / len(stream) <= 20


# --- films as people have them -----------------------------------------------------------------


@pytest.mark.parametrize("workers", [0, 2])
def test_no_sg3i_lies_across_a_pause(workers, tmp_path):
    (tmp_path / "a").mkdir()
    path = write_at(tmp_path / "a" / "s_a.mp4", bar_at(PAUSED), PAUSED)
    table = clips.probe_clips(pd.DataFrame([{"path": str(path), "label": "a", "source": "s"}]))
    stream = FrameStream(table, ["a"], "sg3i", (64, 320), buffer=200)
    assert len(stream) == len(PAUSED) - 2 - 2  # the two windows that lie across it are left out
    images = torch.cat([images for images, _ in stream.batches(16, workers=workers)])
    edges = np.stack([left_of_bar(images[:, channel].numpy()) for channel in range(3)])
    assert len(images) == len(stream) and np.ptp(edges, axis=0).max() < 10  # 100 pixels a pause
    assert len(FrameStream(table, ["a"], "rgb", (64, 320))) == len(PAUSED)


def test_fewer_clips_are_open_where_frames_are_large():
    table = table_of([30] * 300)
    assert FrameStream(table, CLASSES, "rgb", SIZE).open_clips == 256
    large = table.assign(width=3840, height=2160)
    assert FrameStream(large, CLASSES, "rgb", SIZE).open_clips == 8


def test_a_film_on_its_side_gives_upright_samples(tmp_path):
    picture = np.zeros((48, 64, 3), np.uint8)
    picture[:, :32] = (230, 30, 30)
    (tmp_path / "a").mkdir()
    film = write_at(tmp_path / "film.mp4", [picture] * 8, np.arange(8) / 30)
    path = turned(tmp_path / "a" / "s_a.mp4", film, (0, 1, -1, 0))  # the left side comes up
    table = clips.probe_clips(pd.DataFrame([{"path": str(path), "label": "a", "source": "s"}]))
    stream = FrameStream(table, ["a"], "rgb", (64, 48), buffer=20)
    for images, _ in stream.batches(8, workers=0):
        red = images[:, 0].float().mean(dim=(0, 2))
        assert red[:28].min() > 200 and red[36:].max() < 30
