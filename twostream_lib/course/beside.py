"""A run's result beside what the paper prints."""

import pandas as pd

from twostream_lib.course.paper import PAPER
from twostream_lib.course.run import Run
from twostream_lib.errors import InputError
from twostream_lib.fusion.evaluation import Result


def beside_the_paper(run: Run, result: Result) -> pd.DataFrame:
    """A run's result and what the paper prints of the same network, as a table to look at.

    Each row has its clips, its setting (mode, split, training tags), its protocol, and the
    accuracy in percent with its 95 % interval, which the paper does not give.

    Raises:
        InputError: a result of another protocol than the paper's.
    """
    printed = [row for rows in PAPER.values() for row in rows if row.network == result.network]
    others = {row.protocol for row in printed} - {result.protocol}
    if others:
        raise InputError(
            f"The paper's protocol is {', '.join(others)} and the result's is {result.protocol}: "
            "give the run's result of the paper's protocol."
        )
    tags = " and ".join(map(str, run.settings.train_tags))
    ours = {
        "": "this run",
        "clips": run.dataset,
        "setting": f"{run.settings.mode}, split {run.split}, training tags {tags}",
        "protocol": result.protocol,
        "right (%)": f"{100 * result.accuracy:.1f}",
        "95 % interval": f"{100 * result.low:.1f} to {100 * result.high:.1f}",
    }
    theirs = [
        {
            "": row.system,
            "clips": "HMDB-51",
            "setting": row.setting,
            "protocol": row.protocol,
            "right (%)": f"{100 * row.accuracy:.1f}",
            "95 % interval": "not given",
        }
        for row in printed
    ]
    return pd.DataFrame([ours, *theirs]).set_index("")
