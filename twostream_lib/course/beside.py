"""A run's result beside what the paper prints."""

import pandas as pd

from twostream_lib.course.paper import BESIDE, PAPER
from twostream_lib.course.run import Run
from twostream_lib.errors import InputError
from twostream_lib.fusion.evaluation import Result


def beside_the_paper(run: Run, result: Result) -> pd.DataFrame:
    """A run's result and what the paper prints of the same network, as a table to look at.

    Each row has its clips, its setting (mode, split, training tags), its protocol, and the
    accuracy in percent with its 95 % interval; what the paper does not say is `paper.NOT_STATED`.

    Raises:
        InputError: a result of another protocol than `paper.BESIDE`.
    """
    printed = [row for rows in PAPER.values() for row in rows if row.network == result.network]
    if printed and result.protocol != BESIDE:
        raise InputError(
            f"The paper's figures stand beside those of protocol {BESIDE}, and the result's is "
            f"{result.protocol}: give the run's result under {BESIDE}."
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
            "95 % interval": row.says("interval"),
        }
        for row in printed
    ]
    return pd.DataFrame([ours, *theirs]).set_index("")
