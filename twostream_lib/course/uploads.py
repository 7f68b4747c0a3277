"""Films that come from a browser: chosen in an upload widget, or recorded by a webcam in Colab."""

import base64
import binascii
import importlib
import importlib.util
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from IPython.display import Javascript, display

from twostream_lib.errors import InputError

MOST_BYTES = 200 * 10**6  # of an upload, which is held in memory on its way
RECORDER = """
async function recordFilm(seconds) {
  try {
    const stream = await navigator.mediaDevices.getUserMedia({video: {width: 640}});
    const view = document.createElement('video');
    const button = document.createElement('button');
    view.srcObject = stream;
    view.muted = true;
    button.textContent = `Record ${seconds} seconds`;
    document.body.append(view, document.createElement('br'), button);
    google.colab.output.setIframeHeight(document.documentElement.scrollHeight, true);
    await view.play();
    await new Promise(clicked => button.onclick = clicked);
    button.textContent = 'Recording …';
    const recorder = new MediaRecorder(stream), parts = [];
    recorder.ondataavailable = event => parts.push(event.data);
    const stopped = new Promise(stop => recorder.onstop = stop);
    recorder.start();
    setTimeout(() => recorder.stop(), 1000 * seconds);
    await stopped;
    stream.getTracks().forEach(track => track.stop());
    view.remove();
    button.remove();
    const reader = new FileReader();
    const read = new Promise(done => reader.onload = done);
    reader.readAsDataURL(new Blob(parts));
    await read;
    return reader.result;
  } catch (error) {
    return `${error}`;
  }
}
"""


def keep(value: Any, folder: Path) -> list[Path]:
    """Write the files of an upload widget into `folder`; give their paths.

    Args:
        value: `FileUpload.value` of ipywidgets: a dict by name in 7, a tuple of dicts in 8.
        folder: made if need be; each file lies in a folder of its own there, under its own name.

    Raises:
        InputError: a file is too large to come this way.
    """
    return [
        _write(name, content, folder / f"{number}")
        for number, (name, content) in enumerate(_contents(value), start=1)
    ]


def _contents(value: Any) -> Iterable[tuple[str, bytes]]:
    """The names and bytes of uploaded files."""
    if isinstance(value, Mapping):
        return [(name, bytes(one["content"])) for name, one in value.items()]
    return [(one["name"], bytes(one["content"])) for one in value]


def _write(name: str, content: bytes, folder: Path) -> Path:
    if len(content) > MOST_BYTES:
        raise InputError(
            f"{name} has {len(content) / 1e6:.0f} MB, and an upload {MOST_BYTES / 1e6:.0f} at the "
            "most: copy the file to this machine, and give its path."
        )
    # The browser may send any name: what leads to another folder is left off.
    plain = PurePosixPath(name.replace("\\", "/").replace("\0", "")).name[-100:]
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / (plain if plain.strip(".") else "film")
    file.write_bytes(content)
    return file


def record(folder: Path, seconds: int = 4) -> list[Path]:
    """Record a film by the webcam of whoever looks at a notebook in Colab; give its path.

    Elsewhere there is no way to the webcam, and nothing to be given.

    Raises:
        InputError: the browser gives no film, for instance because the webcam was not allowed.
    """
    if not in_colab():
        return []
    output = importlib.import_module("google.colab.output")  # Colab's own: nobody can install it
    display(Javascript(RECORDER))
    said = str(output.eval_js(f"recordFilm({seconds})"))
    kind, _, coded = said.partition(";base64,")
    try:
        content = base64.b64decode(coded, validate=True) if kind.startswith("data:") else b""
    except binascii.Error:
        content = b""
    if not content:
        raise InputError(f"The webcam gave no film ({said[:200]}): allow it, or upload a file.")
    return [_write("webcam.webm", content, folder / "webcam")]


def in_colab() -> bool:
    """Whether this is a notebook in Colab."""
    return importlib.util.find_spec("google") is not None and (
        importlib.util.find_spec("google.colab") is not None
    )
