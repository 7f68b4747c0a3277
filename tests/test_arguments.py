"""The arguments of the command line: wrong ones are one line, and each command has its function."""

import argparse

import pytest

from twostream_lib.__main__ import COMMANDS
from twostream_lib.arguments import parser


@pytest.mark.parametrize(
    "arguments",
    [
        *(
            [],
            ["dance"],
            ["predict"],
            ["run", "--split", "one"],
            ["run", "--epochs", "3"],
            ["bench", "sorting"],
        ),
        *([["run", option, ""] for option in ("--only", "--name", "--weights", "--videos")]),
        *([["run", "--seed", odd] for odd in ("", " ", "1_0", "٣", "1.0", "0x1", "9" * 5000)]),
        *(["verify", ""], ["run", "--vid", "videos"], ["audit", "a\0b"], ["verify", "a\udcff"]),
        *(
            ["make-clips", " "],
            ["download", ""],
            ["compare", "", "x"],
            ["bench", "decode", "--video"],
        ),
    ],
)
def test_wrong_arguments_exit_2_with_one_line(arguments, capsys):
    with pytest.raises(SystemExit) as left:
        parser().parse_args(arguments)
    assert left.value.code == 2
    error = capsys.readouterr().err
    assert "--help" in error and error.count("\n") == 1


def test_each_command_has_its_function():
    (commands,) = (
        action for action in parser()._actions if isinstance(action, argparse._SubParsersAction)
    )
    assert list(commands.choices) == list(COMMANDS)


def test_a_command_is_known_by_its_name():
    asked = parser().parse_args(["make-clips", "clips", "--seed", "+3"])
    assert (asked.command, asked.seed, asked.clips_per_class) == ("make-clips", 3, 80)
