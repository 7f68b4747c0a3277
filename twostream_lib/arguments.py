"""What may be given to the command line: each command's arguments, and how they are read."""

import argparse
import re
import sys
from pathlib import Path
from typing import NoReturn

import twostream_lib
from twostream_lib import networks
from twostream_lib.errors import shown

UNUSABLE = 2  # the exit code where the input cannot be used


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


def numbers(given: str) -> tuple[int, ...]:
    """One whole number, or several with commas between."""
    return tuple(number(each.strip()) for each in given.split(","))


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
        print(shown(f"{self.prog}: {message} (try --help)"), file=sys.stderr)
        sys.exit(UNUSABLE)


def parser() -> Parser:
    """The parser of all commands; `command` in its result is the name of the one that is asked."""
    top = Parser(prog="twostream_lib", description=twostream_lib.__doc__)
    # It takes a command's arguments in whole, and the command says which of them is wrong.
    top.register("type", None, str)
    top.add_argument("--version", action="version", version=twostream_lib.__version__)
    commands = top.add_subparsers(required=True, metavar="COMMAND", dest="command")
    adders = (
        _add_run,
        _add_lab,
        _add_predict,
        _add_score,
        _add_compare,
        _add_noise,
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
    command.add_argument(
        "--profile", default="quick", help="quick, colab, paper, paper-mode1 or truth"
    )
    command.add_argument("--only", help="numbers of notebooks, such as 03,04")
    command.add_argument("--videos", metavar="DIR", help="a folder of class folders")
    command.add_argument("--splits", metavar="DIR", help="its split files")
    command.add_argument(
        "--split", type=numbers, default=(1,), metavar="K", help="1, 2 or 3; or several: 1,2,3"
    )
    command.add_argument("--backbone", metavar="NAME", help="a torchvision network, or several")
    command.add_argument("--weights", help="imagenet, none or a file")
    command.add_argument("--runs", metavar="DIR", help="folder of all runs")
    command.add_argument("--name", help="of this run's folder; default: one of its own")
    command.add_argument("--seed", type=int, default=0, help="of weights, order and flips")
    command.add_argument(
        "--seeds",
        type=numbers,
        metavar="S,S",
        help="a run for each seed, and for each of several splits and backbones",
    )


def _add_lab(commands) -> None:
    commands.add_parser("lab", help="open copies of the notebooks in JupyterLab")


def _add_compare(commands) -> None:
    command = commands.add_parser("compare", help="compare a run with a baseline, or another run")
    command.add_argument("run", type=Path, help="a run folder, its metrics.json, or a matrix")
    command.add_argument("baseline", type=Path, help="a baseline file, or another run")
    command.add_argument(
        "--noise",
        type=Path,
        metavar="FILE",
        help="the record of noise; default: noise-PROFILE.json beside the baseline, if it is there",
    )
    command.add_argument("--json", action="store_true")
    command.add_argument("--junit", type=Path, metavar="FILE", help="write JUnit's XML there, too")
    command.add_argument("--accept", action="store_true", help="make the run the baseline")
    command.add_argument(
        "--because", metavar="REASON", help="why the figures may move; a baseline keeps it"
    )


def _add_noise(commands) -> None:
    command = commands.add_parser("noise", help="keep how far figures move between seeds")
    command.add_argument(
        "runs", nargs="+", type=Path, metavar="RUN", help="run folders, or a matrix of seeds"
    )
    command.add_argument("--to", type=Path, metavar="FILE", required=True, help="the record")


def _add_make_clips(commands) -> None:
    command = commands.add_parser("make-clips", help="draw StickHMDB, the embedded clip set")
    command.add_argument("folder", type=Path, metavar="DIR")
    command.add_argument("--clips-per-class", type=int, default=80, metavar="N")
    command.add_argument("--seed", type=int, default=0)


def _add_download(commands) -> None:
    command = commands.add_parser("download", help="fetch HMDB-51 or UCF-101 and unpack it")
    command.add_argument("folder", nargs="?", metavar="DIR", help="default: the data set's name")
    command.add_argument("--dataset", default="hmdb51", help="hmdb51 or ucf101")
    command.add_argument("--archives", metavar="DIR", help="take them from here; fetch nothing")


def _add_audit(commands) -> None:
    command = commands.add_parser("audit", help="count test clips whose source is trained on")
    command.add_argument("splits", type=Path, metavar="SPLITS", help="a folder of split files")
    command.add_argument("--split", type=int, metavar="K", help="1, 2 or 3; default: all")
    command.add_argument("--json", action="store_true")


def _add_verify(commands) -> None:
    command = commands.add_parser(
        "verify", help="decode every clip of a folder, and say what is wrong"
    )
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
    command.add_argument("videos", nargs="+", type=Path, metavar="VIDEO")
    command.add_argument("--run", type=Path, metavar="RUN", help="its folder; default: the newest")
    command.add_argument("--json", action="store_true")


def _add_score(commands) -> None:
    command = commands.add_parser("score", help="score a run's test clips by another protocol")
    command.add_argument("run", type=Path, metavar="RUN", help="its folder")
    streams = [name for name in networks.names() if networks.get(name).view]
    protocols = ["window", "video-1", "video-10", "25x10"]
    default = "default: %(default)s"
    command.add_argument("--network", default="spatial", choices=streams, help=default)
    command.add_argument("--protocol", default="25x10", choices=protocols, help=default)
    command.add_argument("--json", action="store_true")


def _add_bench(commands) -> None:
    command = commands.add_parser("bench", help="measure a stage on this machine")
    stages = ["decode", "mode1", "mode2", "flow", "train", "fuse", "damage"]
    command.add_argument("stage", choices=stages)
    command.add_argument("--videos", metavar="DIR", help="default: StickHMDB clips")
    command.add_argument("--json", action="store_true")
