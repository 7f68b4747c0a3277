"""CNN-M-2048, the network that Simonyan & Zisserman (2014) trained on optical flow."""

from torch import Tensor, nn

from twostream_lib.models.stream import Normalise


class CNNM2048(nn.Module):
    """The network of Simonyan & Zisserman (2014), which the paper tried on optical flow (IV.B).

    Five convolutions, three fully connected layers; local response normalisation after the first
    (in the temporal net the second one is left out). Input as `StreamNet`; 224×224 gives the
    original's 6×6 map, other sizes are pooled to it. Output: logits `[N, num_classes]`.

    It has no batch norm, so that its loss can stay at ln(classes) for long, above all with a high
    learning rate or a small batch: then lower the learning rate, or warm up.
    """

    def __init__(self, num_classes: int = 51, in_channels: int = 20) -> None:
        super().__init__()
        self.normalise = Normalise(in_channels)
        self.features = nn.Sequential(
            *self._block(in_channels, 96, kernel=7, stride=2),
            nn.LocalResponseNorm(5, alpha=5e-4, k=2),
            nn.MaxPool2d(3, 2, ceil_mode=True),
            *self._block(96, 256, kernel=5, stride=2, padding=1),
            nn.MaxPool2d(3, 2, ceil_mode=True),
            *self._block(256, 512, kernel=3, padding=1),
            *self._block(512, 512, kernel=3, padding=1),
            *self._block(512, 512, kernel=3, padding=1),
            nn.MaxPool2d(3, 2, ceil_mode=True),
            nn.AdaptiveAvgPool2d(6),
        )
        self.head = nn.Sequential(
            nn.Flatten(),
            nn.Linear(512 * 6 * 6, 4096),
            nn.ReLU(inplace=True),
            nn.Dropout(0.9),
            nn.Linear(4096, 2048),
            nn.ReLU(inplace=True),
            nn.Dropout(0.9),
            nn.Linear(2048, num_classes),
        )

    @staticmethod
    def _block(
        inputs: int, outputs: int, kernel: int, stride: int = 1, padding: int = 0
    ) -> tuple[nn.Module, nn.Module]:
        conv = nn.Conv2d(inputs, outputs, kernel, stride, padding)
        nn.init.kaiming_normal_(conv.weight, nonlinearity="relu")
        return conv, nn.ReLU(inplace=True)

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.features(self.normalise(images)))
