"""A notebook's or a command's parameters become a run, and a folder belongs to one run."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from twostream_lib import records
from twostream_lib.course import parameters
from twostream_lib.course.run import Run
from twostream_lib.errors import InputError
from twostream_lib.locks import alone
from twostream_lib.markup import tables_of_text
from twostream_lib.models.backbones import backbones, refused_size
from twostream_lib.training.profiles import PROFILES
from twostream_lib.training.profiles import profile as find_profile

MADE = ("clips.csv", "store", "checkpoints", "scores")  # what a run's figures come from
WRITTEN = ("retrained", "notebooks", "metrics.json", "report.html")  # and what else it leaves


def configure(
    profile: str = "quick",
    videos: str = "",
    splits: str = "",
    split: int = 1,
    runs: str = "",
    seed: int = 0,
    backbone: str = "",
    weights: str = "",
) -> Run:
    """Check a notebook's parameters and make them a run; empty strings take the profile's values.

    From here on, tables show names from outside as they are, see `markup.tables_of_text`.

    Args:
        profile: `quick`, `colab`, `paper` or `paper-mode1`, see `profiles.PROFILES`.
        videos: folder of class folders with clips; empty: StickHMDB is drawn.
        splits: folder of split files of `videos`; empty: they are looked for beside the videos.
        split: 1, 2 or 3.
        runs: the folder of this run; empty: one of its own in `runs` of the repository, see
            `own_folder`. It is `runs/quick` where nothing else was asked for.
        seed: of the weights, shuffles and flips; the clips are the same for all seeds.
        backbone, weights: see `models.StreamNet`. The backbone has to take the windows of all
            streams as the profile shows them.

    Raises:
        InputError: an unknown or wrong value (the sentence lists what is allowed), a folder that
            cannot be written, or one that holds another run.
    """
    tables_of_text()
    parameters.possible_path("runs", runs)
    run = checked(profile, videos, splits, split, seed, backbone, weights)
    return begun(run, Path(runs) if runs else own_folder(parameters.repository() / "runs", run))


def checked(
    profile: str, videos: str, splits: str, split: int, seed: int, backbone: str, weights: str
) -> Run:
    """The run that was asked for, without a folder; see `configure`."""
    settings = find_profile(profile, weights)
    parameters.whole_number("split", split, low=1, high=3)
    parameters.whole_number("seed", seed, low=0, high=2**31 - 1)
    for name, value in {
        "videos": videos,
        "splits": splits,
        "weights": weights,
    }.items():
        parameters.possible_path(name, value)
    lists = parameters.existing_folder("splits", splits)
    if lists and not videos:
        raise InputError(
            f"The split files splits = '{splits}' are given without videos: give the folder of "
            "the videos that they list."
        )
    given_weights = parameters.known_weights(weights)
    if backbone:
        _check_backbone(backbone, given_weights, profile)
    return Run(
        name=profile,
        settings=settings,
        folder=Path(),
        videos=parameters.existing_folder("videos", videos),
        splits=lists,
        split=split,
        seed=seed,
        backbone=backbone or settings.backbone,
        weights=given_weights or settings.weights,
    )


def _check_backbone(backbone: str, weights: str, profile: str) -> None:
    """Raises InputError for an unknown backbone, or one that some windows of the run are not for.

    The networks of the profiles themselves are not asked: that would take seconds of importing.
    """
    if backbone not in backbones():
        raise InputError(
            f"Backbone '{backbone}' is unknown: choose one of {', '.join(backbones())}."
        )
    refused = _refused_size(backbone, weights, profile)
    if not refused:
        return
    others = [name for name in PROFILES if not _refused_size(backbone, weights, name)]
    *first, last = others or [""]
    names = f"{', '.join(first)} or {last}" if first else last
    raise InputError(
        f"The backbone {backbone} takes no pictures of {refused[0]} × {refused[1]} pixels, which "
        f"the profile {profile} shows it: choose another one, such as resnet18"
        f"{f', or the profile {names}' if others else ''}."
    )


def _refused_size(backbone: str, weights: str, profile: str) -> tuple[int, int] | None:
    """The first size of a profile's windows that a backbone cannot take, if there is one."""
    settings = find_profile(profile, weights)
    return refused_size(backbone, weights or settings.weights, settings.sizes)


def begun(run: Run, folder: Path) -> Run:
    """The run in this folder, which from now on serves this run alone; see `configure`."""
    run = replace(run, folder=folder.resolve())
    parameters.make_writable(run.folder)
    if not _has_begun(run):
        file = run.folder / "run.json"
        with alone(file, "begins this run"):
            if not _has_begun(run):
                records.write(file, _identity(run))
    return run


def own_folder(parent: Path, run: Run, first: str = "") -> Path:
    """The folder of this run and no other, inside `parent`, where nobody has named one.

    It is called by the profile and whatever else the run was asked for, such as
    `quick-my_videos-split2-seed1`. If a run of other clips has that name already, because two
    folders are called alike, a number follows.

    Args:
        parent: the folder of all runs.
        run: what was asked for.
        first: a name that is taken before all others where it is free.

    Raises:
        InputError: `parent` cannot be written, or has a folder of such a name with a damaged run.
    """
    parameters.make_writable(parent)
    words = [run.name, *_differences(run)]
    stem = re.sub(r"[^\w.-]+", "_", "-".join(words))
    numbered = (f"{stem}-{number}" for number in itertools.count(2))
    names = itertools.chain([first] if first else [], [stem], numbered)
    return next(parent / name for name in names if not others(parent / name, run)).resolve()


def _differences(run: Run) -> Iterator[str]:
    """What a run was asked for beside its profile, a word each."""
    if run.videos:
        yield run.dataset
    if run.split != 1:
        yield f"split{run.split}"
    if run.seed:
        yield f"seed{run.seed}"
    if run.backbone != run.settings.backbone:
        yield run.backbone
    if run.weights != run.settings.weights:
        yield Path(run.weights).stem


def _has_begun(run: Run) -> bool:
    """Whether its folder says already that it is this run's.

    Whatever is found in a run folder is taken for this run's. Weights that were trained under
    another split would have seen this split's test clips.

    Raises:
        InputError: the folder is another run's, or nobody knows whose.
    """
    held = others(run.folder, run)
    if held:
        raise InputError(
            f"The folder {run.folder} holds a run with {', '.join(held)}: choose another folder "
            "or name for this one."
        )
    known, asked = _known(run.folder / "run.json", set(_identity(run))), _identity(run)
    return bool(known) and all(known[name] == asked[name] for name in asked)


def others(folder: Path, run: Run) -> list[str]:
    """What another run that has the folder was asked for; empty where it is free, or this run's.

    A start that failed for a wrong path made nothing: the corrected one may have the folder.
    """
    asked = _identity(run)
    known = _known(folder / "run.json", set(asked))
    if not known or not any((folder / name).exists() for name in MADE):
        return []
    return [f"{name} = {known[name]}" for name in asked if known[name] != asked[name]]


def _identity(run: Run) -> dict[str, str | int]:
    """What tells one run from another."""
    return {
        "profile": run.name,
        "videos": str(run.videos or "StickHMDB"),
        "splits": str(run.splits or ""),
        "split": run.split,
        "seed": run.seed,
        "backbone": run.backbone,
        "weights": run.weights,
    }


def _known(file: Path, names: set[str]) -> dict:
    """What `run.json` says was asked for; empty where there is none, and nothing else either.

    Raises:
        InputError: the file is damaged or somebody else's, or the folder has what a run makes and
            no such file.
    """
    advice = "choose another run folder, or move this file and what lies beside it away."
    try:
        known = records.read(file, advice)
    except FileNotFoundError:
        beside = [name for name in (*MADE, *WRITTEN) if (file.parent / name).exists()]
        if beside:
            raise InputError(
                f"The folder {file.parent} has {', '.join(beside)} and no {file.name}, which says "
                f"of what run they are: choose another run folder, or move them away."
            ) from None
        return {}
    if not names <= set(known):
        raise InputError(f"{file} is not what a run writes there: {advice}")
    return known
