"""What is read is what was written, or the file is refused by name."""

import json

import pytest

from twostream_lib import records
from twostream_lib.errors import InputError

CONTENT = {"name": "première", "seed": 0, "shares": [0.1, 1e-9, 100.0], "inside": {"empty": None}}
ADVICE = "delete it."


@pytest.fixture
def file(tmp_path):
    records.write(tmp_path / "kept.json", CONTENT)
    return tmp_path / "kept.json"


def test_what_was_written_comes_back(file):
    assert records.read(file, ADVICE) == CONTENT
    assert "première" in file.read_text(encoding="utf-8")


def test_every_changed_byte_is_noticed_or_changes_nothing(file):
    whole = file.read_bytes()
    refused = 0
    for place in range(len(whole)):
        for bit in (0, 5):
            file.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << bit]) + whole[place + 1 :])
            try:
                found = records.read(file, ADVICE)
            except InputError as error:
                assert str(error).startswith(str(file)) and str(error).endswith(ADVICE)
                refused += 1
            else:  # only the word "checksum" itself may be lost, beside spaces
                assert {name: found.get(name) for name in CONTENT} == CONTENT
    assert refused > 1.5 * len(whole)


def test_another_order_and_other_spaces_are_no_change(file):
    content = json.loads(file.read_text(encoding="utf-8"))
    file.write_text("\ufeff" + json.dumps(dict(reversed(content.items()))), encoding="utf-8")
    assert records.read(file, ADVICE) == CONTENT


def test_a_file_without_a_checksum_is_believed(file):
    file.write_text('{"seed": 1}')
    assert records.read(file, ADVICE) == {"seed": 1}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is no whole JSON"),
        ("{", "is no whole JSON"),
        ('{"share": NaN}', "is no whole JSON"),
        ('{"share": -Infinity}', "is no whole JSON"),
        ('{"share": 1e999}', "is no whole JSON"),
        ('{"seed": ' + "9" * 5000 + "}", "is no whole JSON"),
        ("[" * 100_000, "is no whole JSON"),
        ("[1]", "no JSON object"),
        ("null", "no JSON object"),
        ('{"checksum": "0000000000000000"}', "by its checksum"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_file_and_the_advice(file, content, said):
    file.write_text(content)
    with pytest.raises(InputError, match=said) as error:
        records.read(file, ADVICE)
    assert str(error.value).startswith(str(file)) and str(error.value).endswith(ADVICE)


def test_bytes_that_are_no_text_and_a_folder_are_refused(file, tmp_path):
    file.write_bytes(b'{"name": "\xff"}')
    with pytest.raises(InputError, match="is no whole JSON"):
        records.read(file, ADVICE)
    with pytest.raises(InputError, match="cannot be read"):
        records.read(tmp_path, ADVICE)


def test_a_number_that_is_not_finite_is_not_written(file):
    before = file.read_bytes()
    with pytest.raises(ValueError, match="not JSON compliant"):
        records.write(file, {"share": float("nan")})
    assert file.read_bytes() == before


def test_a_misfit_says_where_and_how_and_quotes_no_page():
    schema = {"properties": {"rows": {"items": {"type": "integer"}}}, "required": ["rows"]}
    assert records.misfit({"rows": [1, 2]}, schema) == ""
    assert records.misfit({"rows": [1, "two"]}, schema) == "rows[1]: 'two' is not of type 'integer'"
    assert records.misfit({}, schema) == "'rows' is a required property"
    assert len(records.misfit({"rows": ["x" * 10_000]}, schema)) < 150
