"""Notebooks of the tests' own."""

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

PARAMETERS = """profile = "quick"
videos = ""
splits = ""
split = 1
runs = ""
seed = 0
backbone = ""
weights = \"\""""


def write(path, *sources):
    """A notebook with these cells after its parameters; gives its path back."""
    parameters = new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]})
    cells = [new_markdown_cell("# A lesson"), parameters, *map(new_code_cell, sources)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
    return path
