"""What Colab's freeze file says is told: which packages moved, from which version to which."""

import pytest

from tests import freshness
from twostream_lib import bootstrap


def freeze(folder, **changes):
    """A freeze file with what was tested, but for some packages: None leaves one out."""
    versions = freshness.read(freshness.TESTED) | changes
    lines = ["# By pip freeze", "somebody @ https://example.org/somebody-1.0.whl", ""]
    lines += [f"{name}=={version}" for name, version in versions.items() if version]
    file = folder / "freeze.txt"
    file.write_text("\n".join(lines))
    return str(file)


def told(capsys):
    """What was printed, as package, tested version, theirs, and what it means."""
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["package", "tested", "theirs"]
    rows = [line.split(maxsplit=3) for line in lines[1:-1]]
    assert lines[-1].startswith(f"Other than tested: {len(rows)}.")
    return rows


def test_what_was_tested_has_not_moved(tmp_path, capsys):
    assert freshness.main([str(freshness.TESTED)]) == 0
    assert freshness.main([freeze(tmp_path)]) == 0
    assert "versions that were tested" in capsys.readouterr().out


def test_a_newer_package_is_named_with_both_versions(tmp_path, capsys):
    tested = freshness.read(freshness.TESTED)
    assert freshness.main([freeze(tmp_path, torch="99.1.0+cu130", six="99.0")]) == 1
    assert told(capsys) == [
        ["torch", tested["torch"], "99.1.0+cu130", "newer; the course imports it"],
        ["six", tested["six"], "99.0", "newer"],
    ]


def test_a_build_and_a_name_in_other_letters_are_the_same_package(tmp_path):
    tested = freshness.read(freshness.TESTED)
    same = {"torch": f"{tested['torch']}+cu128", "jinja2": None, "Jinja2": tested["jinja2"]}
    same |= {"numpy": f"{tested['numpy']}.0"}
    assert freshness.main([freeze(tmp_path, **same)]) == 0


def test_what_is_older_gone_or_new_has_moved_as_well(tmp_path, capsys):
    changes = {"numpy": "1.26.4", "six": None, "av": "99.0"}
    assert freshness.main([freeze(tmp_path, **changes)]) == 1
    tested = freshness.read(freshness.TESTED)
    lowest = bootstrap.requirements()["numpy"]
    assert told(capsys) == [
        ["av", "none", "99.0", "new; the course imports it"],
        ["numpy", tested["numpy"], "1.26.4", f"older; too old: the course needs {lowest}"],
        ["six", tested["six"], "none", "gone"],
    ]


def test_packages_that_nobody_tested_are_none_of_it(tmp_path):
    assert freshness.main([freeze(tmp_path, tensorflow="2.99")]) == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "names 0 packages"),
        ("torch==2.0\n", "names 1 packages"),
        ("torch==two\n", "has torch in 'two', which is no version"),
        ("\udcff", "no text in UTF-8"),
        (None, "freeze.txt"),
    ],
)
def test_what_is_no_freeze_file_exits_2_with_a_sentence(tmp_path, capsys, text, said):
    file = tmp_path / "freeze.txt"
    if text is not None:
        file.write_bytes(text.encode("utf-8", errors="surrogateescape"))
    assert freshness.main([str(file)]) == 2
    printed = capsys.readouterr()
    assert said in printed.err and printed.err.count("\n") == 1 and not printed.out


@pytest.mark.parametrize("arguments", [[], [""], ["one", "two"]])
def test_one_file_is_asked_for(arguments, capsys):
    assert freshness.main(arguments) == 2
    assert "make fresh FREEZE=file" in capsys.readouterr().err
