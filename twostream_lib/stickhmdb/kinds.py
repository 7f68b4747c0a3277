"""Kinds of classes, by what tells them apart, and how far a reader can get within each."""

from __future__ import annotations

from collections.abc import Sequence

from twostream_lib.stickhmdb.actions import ACTIONS, Action
from twostream_lib.stickhmdb.ceilings import by_class

# Kinds whose classes differ in one thing alone; each class of the clouds has a kind of its own.
ONE_THING = {"seat": "motion twins", "snack": "appearance twins", "ball": "joint twins"}


def kind_of(label: str) -> str:
    """The kind of one class, such as `motion twins` or `clubs, vague in motion`."""
    action: Action = ACTIONS[label]
    if action.place:
        return f"clubs, vague in {action.place.vague}"
    return ONE_THING.get(action.kind, label)


def kinds(labels: Sequence[str] = tuple(ACTIONS)) -> dict[str, list[str]]:
    """The classes of each kind, of those that are asked about, in the order of `ACTIONS`."""
    found: dict[str, list[str]] = {}
    for label in ACTIONS:
        if label in labels:
            found.setdefault(kind_of(label), []).append(label)
    return found


def ceilings_by_kind(labels: Sequence[str] = tuple(ACTIONS)) -> dict[str, dict[str, float]]:
    """What the readers that are best over all classes have right within each kind, where each class
    counts alike. Within a kind one can have more, by answering for others with its classes.

    The keys inside are those of `ceilings.Readers.by_class`. What tells a kind's classes from those
    of other kinds is whatever is drawn, so the other classes of ``labels`` are asked about as well.
    """
    shares = by_class(tuple(label for label in ACTIONS if label in labels))
    return {kind: shares.loc[inside].mean().to_dict() for kind, inside in kinds(labels).items()}
