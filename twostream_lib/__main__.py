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
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import NoReturn

import twostream_lib
from twostream_lib import bootstrap, networks
from twostream_lib.errors import InputError, cause_of, shown

FAILED, UNUSABLE, INTERRUPTED = 1, 2, 130
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
        code = options.command(options)
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
    if options.profile == TRUTH:
        return truth(options)
    from twostream_lib.course import metrics, runner

    names = ("profile", "only", "videos", "splits", "split", "backbone", "weights")
    asked = {name: getattr(options, name) for name in (*names, "runs", "name", "seed")}
    found = runner.run(**{name: value for name, value in asked.items() if value is not None})
    folder = runner.run_folder(options.runs or "", found["run"]["name"])
    tell(f"\n{metrics.table(found)}\n\nReport: {folder / 'report.html'}")
    for sentence in found["run"]["failed"].values():
        say(sentence, FAILED)
    return FAILED if found["run"]["failed"] else 0


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
    from twostream_lib.course import baselines, metrics

    found = metrics.read_run(options.run)
    if options.accept:
        baseline = baselines.accept(found, options.baseline)
        tell(f"{options.baseline} now holds {len(found['results'])} results of this run.")
        setting, table = metrics.readme_setting(baseline), metrics.readme_table(baseline)
        tell(f"For the README, if it is the quick run:\n\n{setting}\n\n{table}")
        return 0
    baseline = metrics.read(options.baseline)
    regressions = baselines.compare(found, baseline)
    for sentence in regressions:
        say(sentence, FAILED)
    if not regressions:
        tell(f"None of {len(baseline['results'])} results is worse than its tolerance allows.")
    return FAILED if regressions else 0


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
    from twostream_lib.course import finished, judges, parameters, prediction
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
            print(prediction.words(asked, one))
            print(f"  {prediction.picture_words(one, asked.run)}\n")
    if options.json:
        print(json.dumps(prediction.as_json(asked, found), indent=1))
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


# --- arguments -------------------------------------------------------------------------------


def word(given: str) -> str:
    """An argument that says something: an empty one is often a variable that was never set."""
    if not given.strip():
        raise argparse.ArgumentTypeError("it is empty: leave the option out, or give a value")
    if "\0" in given or given != given.encode(errors="replace").decode():
        raise argparse.ArgumentTypeError(f"{given[:40]!r} is no text in UTF-8")
    return given


def number(given: str) -> int:
    """A whole number in plain digits; which of them are allowed is said where it is used."""
    if not re.fullmatch(r"[+-]?[0-9]{1,12}", given):
        raise argparse.ArgumentTypeError(f"{given[:40]!r} is not a whole number")
    return int(given)


class Parser(argparse.ArgumentParser):
    """A parser that says what is wrong in one line, and where help is; it guesses nothing."""

    def __init__(self, **kwargs) -> None:
        super().__init__(**kwargs, allow_abbrev=False)
        # How an argument of each type is read; None: one that names no type.
        self.register("type", None, word)
        self.register("type", Path, lambda given: Path(word(given)))
        self.register("type", int, number)

    def error(self, message: str) -> NoReturn:
        """End with exit code 2."""
        sys.exit(say(f"{self.prog}: {message} (try --help)", UNUSABLE))


def parser() -> Parser:
    """The parser of all commands; `command` in its result is the function to call."""
    top = Parser(prog="twostream_lib", description=twostream_lib.__doc__)
    # It takes a command's arguments in whole, and the command says which of them is wrong.
    top.register("type", None, str)
    top.add_argument("--version", action="version", version=twostream_lib.__version__)
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    adders = (
        _add_run,
        _add_lab,
        _add_predict,
        _add_score,
        _add_compare,
        _add_download,
        _add_make_clips,
        _add_audit,
        _add_verify,
        _add_bench,
    )
    for add in adders:
        add(commands)
    return top


def _add_run(commands) -> None:
    command = commands.add_parser("run", help="execute the notebooks into a run folder")
    command.set_defaults(command=run)
    command.add_argument(
        "--profile", default="quick", help="quick, colab, paper, paper-mode1 or truth"
    )
    command.add_argument("--only", help="numbers of notebooks, such as 03,04")
    command.add_argument("--videos", metavar="DIR", help="a folder of class folders")
    command.add_argument("--splits", metavar="DIR", help="its split files")
    command.add_argument("--split", type=int, default=1, metavar="K", help="1, 2 or 3")
    command.add_argument("--backbone", metavar="NAME", help="a torchvision network")
    command.add_argument("--weights", help="imagenet, none or a file")
    command.add_argument("--runs", metavar="DIR", help="folder of all runs")
    command.add_argument("--name", help="of this run's folder; default: one of its own")
    command.add_argument("--seed", type=int, default=0, help="of weights, order and flips")


def _add_lab(commands) -> None:
    command = commands.add_parser("lab", help="open copies of the notebooks in JupyterLab")
    command.set_defaults(command=lab)


def _add_compare(commands) -> None:
    command = commands.add_parser("compare", help="compare a run with a baseline, or another run")
    command.set_defaults(command=compare)
    command.add_argument("run", type=Path, help="a run folder, or its metrics.json")
    command.add_argument("baseline", type=Path, help="a baseline file, or another run")
    command.add_argument("--accept", action="store_true", help="make the run the baseline")


def _add_make_clips(commands) -> None:
    command = commands.add_parser("make-clips", help="draw StickHMDB, the embedded clip set")
    command.set_defaults(command=make_clips)
    command.add_argument("folder", type=Path, metavar="DIR")
    command.add_argument("--clips-per-class", type=int, default=80, metavar="N")
    command.add_argument("--seed", type=int, default=0)


def _add_download(commands) -> None:
    command = commands.add_parser("download", help="fetch HMDB-51 or UCF-101 and unpack it")
    command.set_defaults(command=download)
    command.add_argument("folder", nargs="?", metavar="DIR", help="default: the data set's name")
    command.add_argument("--dataset", default="hmdb51", help="hmdb51 or ucf101")
    command.add_argument("--archives", metavar="DIR", help="take them from here; fetch nothing")


def _add_audit(commands) -> None:
    command = commands.add_parser("audit", help="count test clips whose source is trained on")
    command.set_defaults(command=audit)
    command.add_argument("splits", type=Path, metavar="SPLITS", help="a folder of split files")
    command.add_argument("--split", type=int, metavar="K", help="1, 2 or 3; default: all")
    command.add_argument("--json", action="store_true")


def _add_verify(commands) -> None:
    command = commands.add_parser(
        "verify", help="decode every clip of a folder, and say what is wrong"
    )
    command.set_defaults(command=verify)
    command.add_argument("videos", type=Path, metavar="VIDEOS")
    command.add_argument("--splits", type=Path, metavar="DIR")
    command.add_argument(
        "--table",
        type=Path,
        metavar="FILE",
        help="a .csv that keeps what is found, such as a run's clips.csv",
    )
    command.add_argument("--json", action="store_true")


def _add_predict(commands) -> None:
    command = commands.add_parser("predict", help="ask a finished run about films")
    command.set_defaults(command=predict)
    command.add_argument("videos", nargs="+", type=Path, metavar="VIDEO")
    command.add_argument("--run", type=Path, metavar="RUN", help="its folder; default: the newest")
    command.add_argument("--json", action="store_true")


def _add_score(commands) -> None:
    command = commands.add_parser("score", help="score a run's test clips by another protocol")
    command.set_defaults(command=score)
    command.add_argument("run", type=Path, metavar="RUN", help="its folder")
    streams = [name for name in networks.names() if networks.get(name).view]
    protocols = ["window", "video-1", "video-10", "25x10"]
    default = "default: %(default)s"
    command.add_argument("--network", default="spatial", choices=streams, help=default)
    command.add_argument("--protocol", default="25x10", choices=protocols, help=default)
    command.add_argument("--json", action="store_true")


def _add_bench(commands) -> None:
    command = commands.add_parser("bench", help="measure a stage on this machine")
    command.set_defaults(command=bench)
    stages = ["decode", "mode1", "mode2", "flow", "train", "fuse", "damage"]
    command.add_argument("stage", choices=stages)
    command.add_argument("--videos", metavar="DIR", help="default: StickHMDB clips")
    command.add_argument("--json", action="store_true")


if __name__ == "__main__":
    warnings.formatwarning = lambda message, *_: f"Note: {shown(message)}\n"
    sys.exit(main())
