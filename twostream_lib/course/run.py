"""What a notebook needs from its run: clips, windows, streams and scores, made or found.

Notebooks hand over through the run folder alone. Each asks the run for what it needs; what an
earlier notebook left there is read, and what is missing is made and announced.
"""

from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

from twostream_lib import clips
from twostream_lib.course import folds
from twostream_lib.course.run_streams import RunStreams
from twostream_lib.data import identity, store
from twostream_lib.fusion import score_files, scores
from twostream_lib.locks import alone
from twostream_lib.models.stream import StreamNet


class Run(RunStreams):
    """One run of the course: what was asked for, and the folder that holds what was made.

    `folder` has `checkpoints/`, `scores/`, `clips.csv`; see `configure` for the rest. Which clips
    there are is in `run_clips`, how they are fed to streams and learned from in `run_streams`.
    """

    @cached_property
    def made_by(self) -> dict[str, Any]:
        """What scores of this run follow from; those that something else made are outdated."""
        used = self.used_clips
        names, plans = clips.names(used), (self.settings.plan, self.settings.flow_plan)
        return {
            "clips": identity.word(sorted(names)),
            "labels": identity.word(sorted(zip(names, used.label, strict=True))),
            "classes": self.classes,
            "files": identity.word(store.describe(used, self.settings.plan)["files"]),
            "plan": [asdict(plan) for plan in plans],
            "recipes": {name: recipe.numbers for name, recipe in self.recipes.items()},
            "folds": identity.word(sorted(self.limits.folds.items())),
            "trained_folds": self.settings.trained_folds,
            "seed": self.seed,
            "backbone": self.backbone,
            "weights": self._weights_word,
        }

    @property
    def _weights_word(self) -> str:
        """Where the backbones start from: a name, or what is in the file of that name."""
        file = Path(self.weights)
        return identity.word([file.read_bytes()]) if file.is_file() else self.weights

    def score(self, network: str, net: StreamNet) -> dict[str, scores.Scores]:
        """The scores of a stream that `train` has trained, by part, see `folds.all_parts`; they
        are left in the run folder."""
        parts = folds.all_parts(self, network, net)
        self.save_scores(network, parts)
        return parts

    def save_scores(self, network: str, parts: dict[str, scores.Scores]) -> None:
        """Leave a network's scores, by part, in the run folder."""
        file = self.scores_file(network)
        with alone(file, f"writes the scores of {network}"):
            score_files.save(parts, file, self.made_by)

    def scores_file(self, network: str) -> Path:
        return self.folder / "scores" / f"{network}.npz"

    def scores_of(self, network: str) -> dict[str, scores.Scores]:
        """A stream's scores, by part; where they are missing the stream is trained first.

        Raises:
            InputError: the scores are damaged, or something else made them, such as other clips.
        """
        if not self.scores_file(network).is_file():
            print(f"No scores of the {network} stream in {self.folder} yet: training it now.")
            net = self.new_stream(network)
            self.train(network, net)
            return self.score(network, net)
        file = self.scores_file(network)
        return {
            part: score_files.load_part(file, part, self.classes, self.made_by)
            for part in scores.PARTS
        }
