"""Which epochs a recipe makes, in which phase, and at which learning rates."""

from dataclasses import dataclass

from twostream_lib.training.recipes import Phase, Recipe


@dataclass(frozen=True)
class Epoch:
    """One pass over the training data.

    Attributes:
        number: among all epochs of the training, from 0 on.
        phase_number: of the phase it belongs to, among the recipe's. phase: that one.
        before: how many epochs of the phase come before it.
        batches: how many it has.
    """

    number: int
    phase_number: int
    phase: Phase
    before: int
    batches: int

    def lr(self, batch: int) -> float:
        """The learning rate of its batch with this number."""
        return self.phase.lr_at((self.before + batch / self.batches) / self.phase.epochs)

    @property
    def ends_its_phase(self) -> bool:
        return self.before + 1 == self.phase.epochs


def epochs(recipe: Recipe, batches: int) -> list[Epoch]:
    """All epochs of a recipe, each of so many batches."""
    places = [(i, phase, k) for i, phase in enumerate(recipe.phases) for k in range(phase.epochs)]
    return [Epoch(number, *place, batches) for number, place in enumerate(places)]


def batches_in(samples: int, batch_size: int) -> int:
    """How many batches an epoch has.

    A left-over batch of one sample is left out: batch norm cannot train on it.
    """
    whole, left = divmod(samples, batch_size)
    return whole + (left > 1 or (left == 1 and whole == 0))
