"""Text from the data that is safe to show: nothing in it hides, turns round or fills the page."""

import re

LETTERS = 600

# Control characters (those that command terminals too), marks that turn the direction of writing,
# and lone halves of characters, which no file can hold.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(text: str, letters: int = LETTERS) -> str:
    r"""The text with escapes for what cannot be seen, and cut where it does not end.

    Examples
    --------
    >>> print(visible("\x1b[31mred"))
    \x1b[31mred
    """
    shown = text if len(text) <= letters else f"{text[: letters - 1]}…"
    return _UNSEEN.sub(lambda found: ascii(found[0])[1:-1], shown)
