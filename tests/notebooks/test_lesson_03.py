"""The training step that notebook 03 shows is the one that the library's loop makes."""

import torch
from torch.nn import functional
from torch.utils.data import TensorDataset

from tests.notebooks.claims import code_cells
from twostream_lib.data import datasets, order
from twostream_lib.models import StreamNet
from twostream_lib.training import loop, optimisers, precision
from twostream_lib.training.recipes import Phase, Recipe


def test_steps_by_hand_end_in_the_weights_of_the_librarys_loop(tmp_path, monkeypatch):
    monkeypatch.setenv(precision.SWITCH, "float32")  # the lesson's step knows no other
    lesson = {"functional": functional}
    exec(code_cells("03")["03-step"], lesson)
    generator = torch.Generator().manual_seed(1)
    images = torch.randint(0, 256, (24, 3, 32, 32), dtype=torch.uint8, generator=generator)
    data = TensorDataset(images, torch.arange(24) % 3)
    recipe = Recipe("test", (Phase("adamw", 3e-3, 1),), batch_size=8, label_smoothing=0.1)
    torch.manual_seed(0)
    by_hand = StreamNet("resnet8", 3, weights="none").to(loop.best_device())
    start = {name: weight.clone() for name, weight in by_hand.state_dict().items()}
    by_library = StreamNet("resnet8", 3, weights="none")
    by_library.load_state_dict(start)

    by_hand.to(memory_format=torch.channels_last)
    optimiser = optimisers.make_optimiser(by_hand, recipe.phases[0], recipe)
    chosen = order.epoch(len(data), 0, 0)
    for number, (batch, labels) in enumerate(datasets.in_batches(data, 8, chosen)):
        batch, labels = batch.to(loop.best_device()), labels.to(loop.best_device())
        torch.manual_seed(int(order.random(0, "dropout", 0, number).integers(2**63)))
        lesson["training_step"](by_hand, batch, labels, optimiser, recipe.label_smoothing)
    loop.fit(by_library, data, None, recipe, tmp_path)

    trained = by_library.state_dict()
    assert any(not torch.equal(start[name], weight) for name, weight in trained.items())
    for name, weight in by_hand.state_dict().items():
        torch.testing.assert_close(weight, trained[name], msg=name)
