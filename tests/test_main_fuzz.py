"""Command lines that nobody would write on purpose: one true sentence, and nothing of a person's is
touched. `TWOSTREAM_COMMANDS=500` draws so many."""

import argparse
import hashlib
import os
import random
from pathlib import Path

import joblib
import pandas as pd
import pytest

from tests.course.samples import found
from twostream_lib import models
from twostream_lib.__main__ import main
from twostream_lib.arguments import parser
from twostream_lib.bench import BENCHMARKS, benchmarks
from twostream_lib.course import baselines, matrix, metrics, runner
from twostream_lib.download import fetching
from twostream_lib.errors import InputError
from twostream_lib.experiments.truth import measuring
from twostream_lib.stickhmdb import clipset
from twostream_lib.video import encoding

COMMANDS = int(os.environ.get("TWOSTREAM_COMMANDS", "60"))

ODD = [
    *(
        "",
        " ",
        ",",
        "03,,04",
        "3, 4",
        ",00",
        "-1",
        "-3",
        "0",
        "00",
        "4",
        "9",
        "1000000000",
        "9" * 30,
    ),
    *(
        "9" * 5000,
        "1e3",
        "0x1",
        "1_0",
        "+1",
        "٣",
        "½",
        "nan",
        "inf",
        "-inf",
        "None",
        "true",
        "-",
        "--",
    ),
    *(
        "; rm -rf .",
        "$(touch pwned)",
        "`id`",
        "| cat",
        "%s%n{0}{tmp}",
        "{",
        "*",
        "~",
        "$HOME",
        "..",
        ".",
    ),
    *(
        "/",
        "/dev/null",
        "/dev/full",
        "/etc/passwd",
        "/no/such/place",
        "con",
        "stickhmdb",
        "a/b",
        "../../up",
    ),
    *(
        "a\nb",
        "a\0b",
        "a\rb",
        "\t",
        "\x1b[31mred",
        "\udcff.avi",
        "\u202egnp",
        "名前",
        "🎬",
        "é",
        "e\u0301",
    ),
    *(
        "a" * 300,
        "a/" * 3000,
        "--help-me",
        "--seed",
        "-h1",
        "<b>bold</b>",
        "quick",
        "imagenet",
        "none",
    ),
]
PLAIN = ["1", "2", "3", "6", "00", "quick", "truth", "none", "resnet18", "hmdb51", "decode"]
PLAIN += ["train", "mine"]


@pytest.fixture(scope="module")
def things(tmp_path_factory, moving_square):
    """A folder of somebody's things, some of them made by us."""
    mine = tmp_path_factory.mktemp("fuzz") / "mine"
    for name, label in (("ann", "wave"), ("bob", "wave"), ("cem", "clap"), ("dan", "clap")):
        (mine / "good" / label).mkdir(parents=True, exist_ok=True)
        encoding.write(mine / "good" / label / f"{name}_{label}.avi", moving_square, 30)
    for folder in ("broken/wave", "empty", "classes/wave", "splits", "full", "run"):
        (mine / folder).mkdir(parents=True)
    (mine / "broken" / "wave" / "eve_wave.avi").write_text("no film")
    (mine / "splits" / "wave_test_split1.txt").write_text("ann_wave.avi 1\nbob_wave.avi 2\n")
    (mine / "full" / "clips.csv").write_text("name,grade\nAnn,1\n")
    (mine / "full" / "stickhmdb.json").write_text("{}")
    (mine / "full" / "run.json").write_text('{"scripts": {}}')
    (mine / "grades.csv").write_text("path,label,ok\n/a,b,True\n")
    (mine / "binary").write_bytes(bytes(range(256)))
    (mine / "text.txt").write_text("notes")
    (mine / "nothing").touch()
    (mine / "loop").symlink_to(mine / "loop")
    metrics.write(found(average=0.8), mine / "run" / "metrics.json")
    (mine / "bad.json").write_text('{"schema": 1, "kind": {"profile": NaN}, "results": [[]]}')
    baselines.accept([found(average=0.8)], mine.parent / "baseline.json")
    return mine


@pytest.fixture
def harmless(monkeypatch, tmp_path):
    """Nothing is fetched, drawn, measured or executed; all that is checked before still is."""

    def draw_nothing(videos, rows, jobs):
        for row in rows.itertuples():
            (videos / row.label).mkdir(parents=True, exist_ok=True)
            (videos / row.label / row.file).write_bytes(b"clip")

    def fetch_nothing(*_):
        raise InputError("No source gives this archive: look for another one.")

    def measure_nothing(videos=""):
        with benchmarks.some_clips(videos) as table:
            return {"clips": len(table)}

    def ask_nothing(_, runs, words):
        return [({}, dict.fromkeys(names, "Nobody knows.")) for _, names, _ in runs]

    real = models.make_backbone

    def make_no_backbone(name, weights):
        return real(name, weights) if weights not in ("none", "imagenet") else None

    monkeypatch.setattr(clipset, "draw_missing", draw_nothing)
    monkeypatch.setattr(fetching, "fetch", fetch_nothing)
    monkeypatch.setattr(models, "make_backbone", make_no_backbone)
    monkeypatch.setattr(runner, "execute_all", lambda *_: {})
    monkeypatch.setattr(matrix, "execute_cell", lambda *_: "Nobody runs it.")
    monkeypatch.setattr(measuring, "side_by_side", ask_nothing)
    for stage in BENCHMARKS:
        monkeypatch.setitem(BENCHMARKS, stage, measure_nothing)
    monkeypatch.chdir(tmp_path)


def draw(rng: random.Random, mine: Path) -> list[str]:
    """A command line; its options are those of the parser, its values mostly odd."""
    (commands,) = (
        action for action in parser()._actions if isinstance(action, argparse._SubParsersAction)
    )
    places = [str(path) for path in sorted(mine.rglob("*"))] + [str(mine.parent / "baseline.json")]
    new = [str(mine.parent / f"new{rng.randrange(10)}")]

    def value() -> str:
        return rng.choice(rng.choices([ODD, PLAIN, places, new], [4, 2, 4, 1])[0])

    known = [name for name in commands.choices if name != "lab"]  # which would start JupyterLab
    name = rng.choice([*known, *known, rng.choice(ODD)])
    words = [name]
    if name not in commands.choices:
        return words + [value() for _ in range(rng.randrange(3))]
    for action in commands.choices[name]._actions:
        if isinstance(action, argparse._HelpAction):
            continue
        takes = action.nargs != 0
        if not action.option_strings:
            words += [value()] if rng.random() < 0.93 else []
        elif rng.random() < 0.3:
            words += [
                action.option_strings[0],
                *([value()] if takes and rng.random() < 0.97 else []),
            ]
    if rng.random() < 0.1:
        words.insert(rng.randrange(1, len(words) + 1), value())
    return words


def contents(mine: Path) -> dict[str, str]:
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(mine.rglob("*"))
        if path.is_file()
    }


def outcome(words: list[str]) -> int:
    with joblib.parallel_config(backend="threading"):
        try:
            return main(words)
        except SystemExit as left:
            return left.code


@pytest.mark.filterwarnings("ignore")
def test_no_command_line_ends_in_a_traceback_or_touches_a_persons_files(
    things, harmless, capsys, tmp_path
):
    before, codes, wrong = contents(things), [], []
    for number in range(COMMANDS):
        words = draw(random.Random(number), things)
        try:
            code = outcome(words)
        except Exception as error:
            wrong.append((number, words, repr(error)))
            continue
        said = [line for line in capsys.readouterr().err.split("\n") if line and "%|" not in line]
        # Each thing that is worse has its sentence, and so has each run of a matrix that failed.
        regressions = code == 1 and words[0] in ("compare", "run")
        sentence = said[-1] if said else ""
        one = code == 0 or (len(said) == 1 and said[0].isprintable()) or regressions
        if code not in (0, 1, 2) or not one or "Traceback" in sentence:
            wrong.append((number, words, code, said))
        if os.environ.get("TWOSTREAM_COMMANDS"):
            with open(tmp_path.parent / "said.txt", "a") as out:
                print(number, code, [word[:60] for word in words], sentence[:300], file=out)
        codes.append(code)
    assert wrong == []
    after = contents(things)
    assert {name: after.get(name) for name in before} == before
    assert not (tmp_path / "pwned").exists()
    assert codes.count(2) > COMMANDS / 3


def test_the_things_are_what_they_are_called(things):
    """Or the commands above would fail for another reason than the one that is tested."""
    assert metrics.read_run(things / "run")["results"]
    assert set(pd.read_csv(things / "grades.csv")) == {"path", "label", "ok"}
    with pytest.raises(InputError):
        metrics.read(things / "bad.json")
