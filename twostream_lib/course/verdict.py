"""What a comparison says: a sentence for each thing that moved, a table, JSON, and JUnit's XML.

Time, memory and disk are a little different in each run. They are told where they moved beyond
noise, and not otherwise: so two runs of one commit, seed and machine are told of alike.
"""

from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

from twostream_lib.course.comparison import (
    ALL_PROTOCOLS,
    BETTER,
    CHANGED,
    FAILED,
    MISSING,
    NEW,
    PASS,
    STEADY,
    UNJUDGED,
    WORSE,
    Check,
    Comparison,
)
from twostream_lib.course.costs import COST
from twostream_lib.course.metrics import in_percent
from twostream_lib.course.showing import MAIN_PROTOCOL
from twostream_lib.errors import InputError, shown
from twostream_lib.files import write_text

SCHEMA = 1
SHARE = "share"
# How what moved is put into words; accuracies fall and rise, costs grow and shrink.
VERBS = {
    (SHARE, WORSE): "fell",
    (SHARE, BETTER): "rose",
    ("", WORSE): "grew",
    ("", BETTER): "shrank",
}


def sentence(check: Check) -> str:
    """What became of one quantity, in a sentence."""
    if check.moved == FAILED:
        return check.why
    accuracy = check.unit == SHARE
    before, now = (_number(check, value) for value in (check.before, check.now))
    unit = "%" if accuracy else check.unit
    if check.moved == MISSING:
        return f"{check.name} is missing; the baseline has {before} {unit}."
    if check.moved == NEW:
        return f"{check.name} is new: {now} {unit}."
    if check.moved == UNJUDGED:
        return f"{check.name} is not judged."
    if check.moved == STEADY:
        return f"{check.name} moved by no more than noise does."
    if check.moved == CHANGED:
        return f"{check.name} was {before} {unit}, and is {now} now."
    verb = VERBS[SHARE if accuracy else "", check.moved]
    most = _number(check, check.tolerance)
    if not accuracy:
        beyond = f"by more than {most}"
    elif check.noise is None:
        beyond = f"more than its tolerance of {most} points"
    else:
        beyond = f"more than the {most} points that noise explains"
    return f"{check.name} {verb} from {before} to {now} {unit}, {beyond}."


def _number(check: Check, value: float | None) -> str:
    """As it is shown: percent and points with two decimals, whole counts, else one decimal."""
    if value is None:
        return "–"
    if check.unit == SHARE:
        return f"{in_percent(value):.2f}"
    return f"{value:,.0f}" if check.kind != COST else f"{value:,.1f}"


# --- for people ------------------------------------------------------------------------------


def text(found: Comparison) -> str:
    """The whole comparison as lines for a terminal."""
    lines = [found.unlike] if found.unlike else []
    lines += [headline(found), f"Against: {found.against}", "", *_table(found)]
    if found.differs:
        lines += ["", "What else is not the same:"]
        lines += [f"  {one.name}: {one.before} → {one.now}" for one in found.differs]
    return "\n".join(shown(line) for line in [*lines, "", *found.notes])


def headline(found: Comparison) -> str:
    """Pass or fail, and how much moved, in a sentence."""
    results = [c for c in found.of_kind("accuracy") if c.protocol != ALL_PROTOCOLS]
    counted = Counter(check.moved for check in found.checks)
    better = f"; {counted[BETTER]} better" if counted[BETTER] else ""
    if found.verdict == PASS:
        judged = sum(check.moved != NEW for check in results)
        return f"Pass: None of {judged} results is worse than its tolerance allows{better}."
    words = [f"{counted[moved]} {moved}" for moved in (WORSE, MISSING, CHANGED) if counted[moved]]
    failed = [check.name for check in found.checks if check.moved == FAILED]
    first = f"{', '.join(failed[:3])}{' and so on' * (len(failed) > 3)} failed; " if failed else ""
    counts = f"of {len(found.checks) - len(failed)} quantities {', '.join(words)}"
    return f"Fail: {first}{counts}{'' if words else 'none is worse'}{better}."


def _table(found: Comparison) -> list[str]:
    """What moved, and for each network one figure that says how well it is known."""
    accuracies = found.of_kind("accuracy")
    means = {c.network for c in accuracies if c.protocol == ALL_PROTOCOLS}
    always = [
        c
        for c in accuracies
        if c.protocol == (ALL_PROTOCOLS if c.network in means else MAIN_PROTOCOL)
    ]
    told = [c for c in found.checks if c in always or c.moved not in (STEADY, UNJUDGED)]
    if not told:
        return []
    width = max(len(c.name) for c in told) + 2
    heads = ("before", "now", "moved", "allowed", "smallest seen")
    lines = [_line(width, "accuracies in percent", heads, "")]
    return lines + [_line(width, c.name, _cells(c), _word(c)) for c in told]


def _cells(check: Check) -> tuple[str, ...]:
    both = check.before is not None and check.now is not None
    change = check.now - check.before if both else None  # type: ignore[operator]
    known = (check.before, check.now, change, check.tolerance, check.visible)
    return tuple(_number(check, value) for value in known)


def _word(check: Check) -> str:
    unit = f" ({check.unit})" if check.unit not in ("", SHARE) else ""
    return ("" if check.moved == STEADY else check.moved) + unit


def _line(width: int, name: str, cells: tuple[str, ...], word: str) -> str:
    return (f"{name:<{width}}" + "".join(f"{cell:>15}" for cell in cells) + f"  {word}").rstrip()


# --- for machines ----------------------------------------------------------------------------


def as_json(found: Comparison) -> dict:
    """The comparison for a program; accuracies, noise and tolerances in percent.

    Of a measured cost that did not move, its numbers are null: they are in `metrics.json`.
    """
    return {
        "schema": SCHEMA,
        "verdict": found.verdict,
        "against": found.against,
        "unlike": found.unlike,
        "runs": {"now": found.runs[0], "baseline": found.runs[1]},
        "checks": [_check_as_json(check) for check in found.checks],
        "differs": [vars(one) for one in found.differs],
        "notes": list(found.notes),
    }


def _check_as_json(check: Check) -> dict:
    quiet = check.kind == COST and check.moved in (STEADY, UNJUDGED)
    numbers = {
        name: None if value is None or quiet else _rounded(check, value)
        for name in ("before", "now", "noise", "tolerance", "visible")
        for value in [getattr(check, name)]
    }
    names = ("kind", "network", "protocol", "quantity", "judged_by", "moved", "why")
    unit = "%" if check.unit == SHARE else check.unit
    return {name: getattr(check, name) for name in names} | {"unit": unit} | numbers


def _rounded(check: Check, value: float) -> float:
    return in_percent(value) if check.unit == SHARE else round(value, 4)


def junit(found: Comparison) -> str:
    """The comparison as JUnit's XML, in the shape that pytest writes: a case for each quantity.

    It has no times of its own and no host's name, so that it is the same for the same runs.
    """
    skipped = sum(check.moved in (NEW, UNJUDGED) for check in found.checks)
    counts = {
        "name": "compare",
        "errors": "0",
        "failures": str(len(found.failing)),
        "skipped": str(skipped),
        "tests": str(len(found.checks)),
        "time": "0",
    }
    root = ElementTree.Element("testsuites", name="twostream_lib")
    suite = ElementTree.SubElement(root, "testsuite", counts)
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in _properties(found):
        ElementTree.SubElement(properties, "property", name=shown(name), value=shown(value))
    for check in found.checks:
        kept = {"classname": f"compare.{check.kind}", "name": shown(check.name), "time": "0"}
        case = ElementTree.SubElement(suite, "testcase", kept)
        said = shown(sentence(check))
        if check.fails:
            ElementTree.SubElement(case, "failure", message=said).text = said
        elif check.moved in (NEW, UNJUDGED):
            ElementTree.SubElement(case, "skipped", type="compare", message=said)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def write_junit(found: Comparison, file: Path) -> None:
    """Write `junit` in one step, in place of an earlier one.

    Raises:
        InputError: the file holds something else.
    """
    if file.exists() and not _is_junit(file):
        raise InputError(f"{file} holds something else than JUnit's XML: name a new file.")
    write_text(file, junit(found))


def _is_junit(file: Path) -> bool:
    try:
        return ElementTree.parse(file).getroot().tag in ("testsuites", "testsuite")
    except (OSError, ElementTree.ParseError):
        return False


def _properties(found: Comparison) -> list[tuple[str, str]]:
    better = [("better", sentence(check)) for check in found.better]
    differs = [(f"differs: {one.name}", f"{one.before} → {one.now}") for one in found.differs]
    notes = [("note", note) for note in found.notes]
    unlike = [("unlike", found.unlike)] if found.unlike else []
    first = [("verdict", found.verdict), ("against", found.against), *unlike]
    return [*first, *better, *differs, *notes]
