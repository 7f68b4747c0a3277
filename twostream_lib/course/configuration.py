"""A notebook's or a command's parameters become a run, and a folder belongs to one run."""

from pathlib import Path

from twostream_lib import records
from twostream_lib.course import parameters
from twostream_lib.course.run import Run
from twostream_lib.errors import InputError
from twostream_lib.markup import tables_of_text
from twostream_lib.models.backbones import backbones
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
        runs: the folder of this run; empty: `runs/<profile>` in the repository.
        seed: of the weights, shuffles and flips; the clips are the same for all seeds.
        backbone, weights: see `models.StreamNet`.

    Raises:
        InputError: an unknown or wrong value (the sentence lists what is allowed), a folder that
            cannot be written, or one that holds another run.
    """
    tables_of_text()
    settings = find_profile(profile, weights)
    parameters.whole_number("split", split, low=1, high=3)
    parameters.whole_number("seed", seed, low=0, high=2**31 - 1)
    for name, value in {
        "videos": videos,
        "splits": splits,
        "runs": runs,
        "weights": weights,
    }.items():
        parameters.possible_path(name, value)
    lists = parameters.existing_folder("splits", splits)
    if lists and not videos:
        raise InputError(
            f"The split files splits = '{splits}' are given without videos: give the folder of "
            "the videos that they list."
        )
    if backbone and backbone not in backbones():
        raise InputError(
            f"Backbone '{backbone}' is unknown: choose one of {', '.join(backbones())}."
        )
    run = Run(
        name=profile,
        settings=settings,
        folder=(Path(runs) if runs else parameters.repository() / "runs" / profile).resolve(),
        videos=parameters.existing_folder("videos", videos),
        splits=lists,
        split=split,
        seed=seed,
        backbone=backbone or settings.backbone,
        weights=parameters.known_weights(weights) or settings.weights,
    )
    parameters.make_writable(run.folder)
    _claim(run)
    return run


def _claim(run: Run) -> None:
    """Write down whose folder this is, or refuse the folder of another run.

    Whatever is found in a run folder is taken for this run's. Weights that were trained under
    another split would have seen this split's test clips.
    """
    asked = {
        "profile": run.name,
        "videos": str(run.videos or "StickHMDB"),
        "splits": str(run.splits or ""),
        "split": run.split,
        "seed": run.seed,
        "backbone": run.backbone,
        "weights": run.weights,
    }
    file = run.folder / "run.json"
    known = _known(file, set(asked))
    other = [f"{name} = {known[name]}" for name in asked if known and known[name] != asked[name]]
    # A start that failed for a wrong path made nothing: the corrected one may have the folder.
    if other and any((run.folder / name).exists() for name in MADE):
        raise InputError(
            f"The folder {run.folder} holds a run with {', '.join(other)}: choose another folder "
            "or name for this one."
        )
    if other or not known:
        records.write(file, asked)


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
