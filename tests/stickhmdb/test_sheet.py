"""The contact sheet of all classes."""

import numpy as np

from twostream_lib import stickhmdb


def test_contact_sheet_has_a_row_for_each_class():
    sheet = stickhmdb.contact_sheet(columns=2)
    assert sheet.dtype == np.uint8 and sheet.shape[2] == 3
    assert sheet.shape[0] > 12 * 132 and sheet.shape[1] > 2 * 2 * 176
    assert sheet.std() > 20
