"""The command line: `python -m twostream_lib run`, and what goes with it.

Exit codes: 0 well; 1 a notebook failed, or a figure regressed; 2 the input cannot be used; 130
interrupted. Each command imports what it needs, so that `--help` does not wait for torch.
"""

import argparse
import contextlib
import io
import json
import logging
import os
import re
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict

from twostream_lib import bootstrap
from twostream_lib.arguments import UNUSABLE, parser
from twostream_lib.errors import InputError, cause_of, shown

FAILED, INTERRUPTED = 1, 130
TRUTH = "truth"  # a profile that is no single run


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command; give its exit code. What goes wrong is said in one sentence."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # What a console cannot show is printed as an escape, and stops nothing.
            stream.reconfigure(errors="backslashreplace")
    options = parser().parse_args(arguments)
    try:
        bootstrap.check()
        code = COMMANDS[options.command](options)
        sys.stdout.flush()
        return code
    except InputError as error:
        return say(str(error), UNUSABLE)
    except BrokenPipeError:
        # Whoever reads the output has enough of it, as `head` has: that is no news to a person.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:
        cause = cause_of(error)
        return say(f"{cause[0].upper()}{cause[1:]}.", FAILED)
    except KeyboardInterrupt:
        # asyncio would go on about the cell that was cut short.
        logging.getLogger("asyncio").setLevel(logging.CRITICAL)
        return say("Interrupted.", INTERRUPTED)


def say(sentence: str, code: int) -> int:
    """Print a sentence to stderr, on one line, and give the exit code back."""
    print(shown(sentence), file=sys.stderr)
    return code


def tell(text: str) -> None:
    """Print to stdout, on as many lines as there are, with nothing in them that a console obeys."""
    print("\n".join(map(shown, text.split("\n"))))


# --- commands --------------------------------------------------------------------------------


def run(options: argparse.Namespace) -> int:
    """Execute the notebooks and print the results; or ask the questions of the truth run."""
    _demand_a_folder_of_splits(options)
    if options.seeds or len(options.split) > 1 or "," in (options.backbone or ""):
        return matrix(options)
    options.split = options.split[0]
    if options.profile == TRUTH:
        return truth(options)
    from twostream_lib.course import runner, showing
    from twostream_lib.training.profiles import PROFILES, unknown

    if options.profile not in PROFILES:
        raise unknown(options.profile, (*PROFILES, TRUTH))
    names = ("profile", "only", "videos", "splits", "split", "backbone", "weights")
    asked = {name: getattr(options, name) for name in (*names, "runs", "name", "seed")}
    found = runner.run(**{name: value for name, value in asked.items() if value is not None})
    folder = runner.run_folder(options.runs or "", found["run"]["name"])
    tell(f"\n{showing.table(found)}\n\nReport: {folder / 'report.html'}")
    for sentence in found["run"]["failed"].values():
        say(sentence, FAILED)
    return FAILED if found["run"]["failed"] else 0


def _demand_a_folder_of_splits(options: argparse.Namespace) -> None:
    if re.fullmatch(r"[0-9, ]+", options.splits or "") and not os.path.isdir(options.splits):
        raise InputError(
            f"--splits {options.splits} is no folder of split files: for several splits of the "
            f"clips give --split {options.splits}."
        )


def matrix(options: argparse.Namespace) -> int:
    """Run every seed with every split and backbone, and say what they give together."""
    from twostream_lib.course import matrix as cells
    from twostream_lib.course import matrix_summary, runner

    if options.profile == TRUTH:
        raise InputError("The truth run draws seeds of its own, of one split: give --seed instead.")
    if options.seed and options.seeds:
        raise InputError("Both --seed and --seeds are given: name all seeds in --seeds.")
    given = {name: getattr(options, name) for name in ("only", "videos", "splits", "weights")}
    found = cells.run(
        options.seeds or (options.seed,),
        options.split,
        [name.strip() for name in (options.backbone or "").split(",")],
        {"profile": options.profile} | {name: value for name, value in given.items() if value},
        options.runs or "",
        options.name or "",
    )
    folder = runner.run_folder(options.runs or "", options.name or f"{options.profile}-matrix")
    tell(f"\n{matrix_summary.table(found)}\n\nSummary: {folder / matrix_summary.TABLE}")
    failed = {cell["name"]: cell["failed"] for cell in found["cells"] if cell["failed"]}
    for name, sentence in failed.items():
        say(f"{name}: {sentence}", FAILED)
    return FAILED if failed else 0


def truth(options: argparse.Namespace) -> int:
    """Repeat the course's experiments with several seeds, and say where their page is."""
    from twostream_lib.course import runner
    from twostream_lib.experiments.truth import measuring, words

    names = ("videos", "splits", "split", "seed", "backbone", "weights")
    given = {name: getattr(options, name) for name in names}
    asked = measuring.Asked(**{name: value for name, value in given.items() if value is not None})
    folder = runner.run_folder(options.runs or "", options.name or TRUTH)
    notebooks = [path.name[:2] for path in runner.choose(options.only)] if options.only else []
    found = measuring.measure(asked, folder.resolve(), notebooks)
    for one in found["questions"].values():
        tell(f"\n{one['asks']}\n{words.pairs_table(one).to_string()}")
    for sentence in found["lacking"].values():
        say(sentence, FAILED)
    tell(f"\n{words.measured(found)}\nPage: {folder / measuring.PAGE}")
    return 0


def compare(options: argparse.Namespace) -> int:
    """Name what a run does worse than a baseline or another run, or make it the baseline."""
    from twostream_lib.course import comparing, verdict

    if options.accept:
        return accept(options)
    found = comparing.compare_places(options.run, options.baseline, options.noise)
    if options.junit:
        verdict.write_junit(found, options.junit)
    tell(json.dumps(verdict.as_json(found), indent=1) if options.json else verdict.text(found))
    for check in found.failing:
        say(verdict.sentence(check), FAILED)
    return FAILED if found.failing else 0


def accept(options: argparse.Namespace) -> int:
    """Make a run, or a matrix of seeds, the baseline."""
    from twostream_lib.course import baselines, comparing, showing

    runs = comparing.read_runs(options.run)
    baseline = baselines.accept(runs, options.baseline, options.because or "")
    tell(f"{options.baseline} now holds {len(baseline['results'])} results of this run.")
    setting, table = showing.readme_setting(baseline), showing.readme_table(baseline)
    tell(f"For the README, if it is the quick run:\n\n{setting}\n\n{table}")
    return 0


def noise(options: argparse.Namespace) -> int:
    """Measure how far figures move between seeds, and keep it."""
    from twostream_lib.course import bands, comparing

    runs = [run for place in options.runs for run in comparing.read_runs(place)]
    record = bands.add(runs, options.to)
    tell(f"{options.to} now holds the noise on {', '.join(record['bands'])}.")
    tell(f"\n{bands.table(bands.noise_of(record, runs[0]['run']['device']))}")
    return 0


def lab(options: argparse.Namespace) -> int:
    """Open a reader's own copies of the notebooks in JupyterLab."""
    from twostream_lib.course import lab

    return lab.open_copies()


def make_clips(options: argparse.Namespace) -> int:
    """Draw StickHMDB into a folder."""
    from twostream_lib import stickhmdb

    tell(str(stickhmdb.make_clips(options.folder, options.clips_per_class, options.seed)))
    return 0


def download(options: argparse.Namespace) -> int:
    """Fetch a data set, or take its archives from a folder, and unpack it."""
    from twostream_lib import download as sets

    folder = sets.download(options.folder or options.dataset, options.dataset, options.archives)
    tell(f"The clips are in {folder / 'videos'}, their lists in {folder / 'splits'}.")
    return 0


def audit(options: argparse.Namespace) -> int:
    """Say how many test clips have a training clip of the same source, from split files alone."""
    from twostream_lib.clips import leaks, splitfiles

    if options.split is not None:
        listed = splitfiles.read_splits(options.splits, options.split)
        found = {options.split: leaks.leakage(listed)}
    else:
        found = leaks.audit(options.splits)
    if options.json:
        # One split as such, all of them under their numbers.
        tell(json.dumps(found.get(options.split, {"splits": found}), indent=1))
        return 0
    tell("\n\n".join(leaks.words(split, of_split) for split, of_split in found.items()))
    return 0


def verify(options: argparse.Namespace) -> int:
    """Decode every clip of a folder, and report what is wrong with them.

    Bad clips are named, not an error: a run goes on without those that are broken.
    """
    from twostream_lib.clips import verification

    # A link that leads in a circle is no folder, and cannot be followed to its end.
    videos = options.videos.resolve() if options.videos.is_dir() else options.videos
    _, found = verification.verify(videos, options.splits, options.table)
    tell(json.dumps(found, indent=1) if options.json else verification.words(found))
    return 0


def predict(options: argparse.Namespace) -> int:
    """Ask the networks of a finished run about films that nobody has labelled.

    A file that is no film is named; the others are asked about all the same.
    """
    from twostream_lib.course import finished, judges, parameters, prediction, telling
    from twostream_lib.fusion import reliability

    folder = options.run or finished.newest(parameters.repository() / "runs")
    asked = judges.load(finished.open_run(folder))
    if not options.run:
        say(f"The run that is asked, as it was finished last: {folder}", 0)
    found = []
    for one in prediction.ask_all(asked, options.videos):
        found.append(one)
        if isinstance(one, prediction.Refused):
            say(one.why, UNUSABLE)
        elif not options.json:
            print(telling.words(asked, one))
            print(f"  {telling.picture_words(one, asked.run)}\n")
    if options.json:
        print(json.dumps(telling.as_json(asked, found), indent=1))
    elif asked.rule and not all(isinstance(one, prediction.Refused) for one in found):
        print(f"How far to believe in familiarity: {reliability.words()}")
    return UNUSABLE if any(isinstance(one, prediction.Refused) for one in found) else 0


def score(options: argparse.Namespace) -> int:
    """Score the test part of a run once more, by one protocol, from a stream's checkpoint."""
    from twostream_lib.course import finished, metrics, scoring
    from twostream_lib.fusion import evaluation

    with contextlib.redirect_stdout(sys.stderr):  # what is said of the clips is no result
        asked = finished.open_run(options.run)
        found = scoring.score(asked, options.network, options.protocol)
    result = evaluation.result(found, options.protocol)
    file = scoring.file_of(asked, options.network, options.protocol)
    if options.json:
        shares = {name: getattr(result, name) for name in ("accuracy", "low", "high")}
        percent = {name: metrics.in_percent(share) for name, share in shares.items()}
        tell(json.dumps(asdict(result) | percent | {"file": str(file)}, indent=1))
    else:
        tell(f"{scoring.words(result)}\nScores: {file}")
    return 0


def bench(options: argparse.Namespace) -> int:
    """Measure one stage on this machine."""
    from twostream_lib.bench import BENCHMARKS, words

    found = BENCHMARKS[options.stage](options.videos or "")
    tell(json.dumps(found, indent=1) if options.json else words(found))
    return 0


# By the names that `arguments` gives them.
COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "run": run,
    "lab": lab,
    "predict": predict,
    "score": score,
    "compare": compare,
    "noise": noise,
    "download": download,
    "make-clips": make_clips,
    "audit": audit,
    "verify": verify,
    "bench": bench,
}


if __name__ == "__main__":
    warnings.formatwarning = lambda message, *_: f"Note: {shown(message)}\n"
    sys.exit(main())
