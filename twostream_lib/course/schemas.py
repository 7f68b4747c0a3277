"""What `metrics.json` and baselines must hold, as JSON schemas: what is compared, and not all that
reports show."""

from twostream_lib.fusion import evaluation

PERCENT = {"type": "number", "minimum": 0, "maximum": 100}
COUNT = {"type": "integer", "minimum": 1}
WORD = {"type": "string"}
TAGS = {"type": "array", "items": {"type": "integer"}}
CEILINGS = {"type": "object", "additionalProperties": PERCENT}
ROW: dict[str, dict] = {
    "network": WORD,
    "protocol": {"enum": list(evaluation.PROTOCOLS)},
    "accuracy": PERCENT,
    "low": PERCENT,
    "high": PERCENT,
    "n": COUNT,
    "sources": COUNT,
}


def _all_of(**properties: dict) -> dict:
    """The schema of an object that must have all these entries, and may have more."""
    return {"type": "object", "properties": properties, "required": list(properties)}


# What is compared, too, where a file has it: files of earlier versions do not.
AMOUNT = {"type": ["number", "null"], "minimum": 0}
AMOUNTS = {"type": ["object", "null"], "additionalProperties": {"type": "number", "minimum": 0}}
WORDS = {"type": "object", "additionalProperties": WORD}
TEXT_OR_NONE = {"type": ["string", "null"]}
MADE_ON = {
    **dict.fromkeys(("git", "device", "machine", "backbone", "weights"), TEXT_OR_NONE),
    **{name: {"type": ["integer", "null"]} for name in ("cores", "threads")},
    **dict.fromkeys(("versions", "packages"), WORDS),
    **dict.fromkeys(("seconds", "calibration_seconds", "peak_memory_mb", "disk_mb"), AMOUNT),
    "notebooks": AMOUNTS,
    "seeds": {"type": "array", "items": {"type": "integer"}, "minItems": 1},
}
CLIPS = {"stores": AMOUNTS, "set_aside": AMOUNT, "fingerprint": TEXT_OR_NONE}


def _and_maybe(schema: dict, more: dict) -> dict:
    """The same schema, of which an object may have these entries, too."""
    return schema | {"properties": schema["properties"] | more}


RUN = _all_of(
    run=_and_maybe(_all_of(profile=WORD, seed={"type": "integer"}), MADE_ON),
    data=_and_maybe(
        _all_of(name=WORD, split={"type": "integer"}, train_tags=TAGS, ceilings=CEILINGS), CLIPS
    ),
    results={
        "type": "array",
        "items": _all_of(**ROW, paper={"anyOf": [PERCENT, {"type": "null"}]}),
    },
)
# Of the one file or the other.
ENTRIES = ["schema", "run", "data", "results", "kind", "costs", "accepted"]
ACCEPTED = {"date": WORD, "because": WORD}
COST = {"name": WORD, "value": {"type": "number"}, "unit": WORD, "kind": WORD}
# Old baselines have no intervals, and nothing of the run and the clips beside their kind.
BASELINE = _all_of(
    kind=_all_of(profile=WORD, name=WORD, split={"type": "integer"}, train_tags=TAGS),
    results={
        "type": "array",
        "items": {
            "type": "object",
            "properties": {**ROW, "tolerance": PERCENT, "mean": PERCENT, "runs": COUNT},
            "required": ["network", "protocol", "accuracy", "tolerance"],
        },
    },
)
BASELINE["properties"] |= {
    "run": {"type": "object", "properties": MADE_ON},
    "data": {"type": "object", "properties": CLIPS},
    "costs": {"type": "array", "items": _all_of(**COST)},
    "accepted": {"type": "array", "items": _all_of(**ACCEPTED)},
}
