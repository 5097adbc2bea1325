"""A page in a notebook: a frame of its own, whose scripts reach nothing outside it."""

from __future__ import annotations

from html import escape

__all__ = ["framed"]


def framed(page: str, title: str, height: int) -> str:
    """HTML of a frame that has all of a page in it.

    Parameters
    ----------
    page : str
        HTML that loads nothing.
    title : str
        What readers of the screen are told it is.
    height : int
        In pixels, to begin with: its corner can be drawn to make it higher.

    Examples
    --------
    >>> framed("<p>Hello.</p>", "Greeting", 200).startswith('<iframe title="Greeting"')
    True
    """
    style = f"width: 100%; height: {height}px; border: 0; resize: vertical; overflow: auto"
    return (
        f'<iframe title="{escape(title)}" style="{style}" '
        f'sandbox="allow-scripts allow-downloads" srcdoc="{escape(page)}"></iframe>'
    )
