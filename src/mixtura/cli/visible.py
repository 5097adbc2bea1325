"""Text from files, made safe and plain to see on a terminal."""

from __future__ import annotations

__all__ = ["visible"]

# Within words of Persian or Hindi, and within emojis.
_JOINERS = "\u200c\u200d"


def visible(text: str) -> str:
    r"""Each character that cannot be seen as it is, or would steer the terminal, by its code.

    Those are the ones that Python's `repr` shows so: control characters, marks that turn the
    direction of writing, spaces of other kinds, and bytes that are not UTF-8.

    Examples
    --------
    >>> print(visible("a\x1b[31m b\u202e"))
    a\x1b[31m b\u202e
    """
    if text.isprintable():
        return text
    return "".join(
        character
        if character.isprintable() or character in _JOINERS
        else character.encode("unicode_escape").decode("ascii")
        for character in text
    )
