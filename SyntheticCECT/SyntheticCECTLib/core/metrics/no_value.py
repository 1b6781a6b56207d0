"""What a figure raises when it does not exist for the data at hand."""

from __future__ import annotations


class NoValue(ValueError):
    """A figure that is not defined for these inputs.

    The message is the reason that is printed instead of the number, so it is written for the reader of a
    report: ``raise NoValue("the reference has no left atrium")``.
    """
