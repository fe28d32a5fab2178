"""Names that a file cannot have everywhere."""

from __future__ import annotations

import re

_DEVICE = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])[ .]*(\..*)?", re.IGNORECASE | re.DOTALL
)


def is_device(name: str) -> bool:
    """Tell whether Windows reads the name of a file as that of a device, whatever its ending.

    >>> is_device("con.md"), is_device("Com¹"), is_device("console.md")
    (True, True, False)
    """
    return _DEVICE.fullmatch(name) is not None
