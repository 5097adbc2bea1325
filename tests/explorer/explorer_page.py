"""The explorer's page in a browser: opened, pressed, typed into and read."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from report_browser import Page

from mixtura.explorer import Table, render

READY = """new Promise(done => {
  const look = () => (document.documentElement.dataset.drawn === "yes"
    || !document.getElementById("failure").hidden ? done(true) : setTimeout(look, 5));
  look();
})"""

# What the browser's pipe wants to know of keys that do something by themselves.
_CODES = {"Tab": 9, "Enter": 13, " ": 32, "Escape": 27}
_TEXTS = {"Enter": "\r", " ": " "}


class ExplorerPage:
    """The page, and what a person does with it."""

    def __init__(self, browser: Page) -> None:
        self.browser = browser

    def open(self, folder: Path, table: Table) -> None:
        file = folder / "explorer.html"
        file.write_text(render(table), "utf-8")
        self.show(file)

    def show(self, file: Path) -> None:
        self.browser.open(file)
        self.browser.evaluate(READY)
        self.browser.next_frame()

    @property
    def state(self) -> dict[str, Any]:
        return dict(self.browser.evaluate("mixturaExplorer.state()"))

    def array(self, name: str, *shape: int) -> Any:
        return np.array(self.state[name]).reshape(shape)

    def click(self, selector: str) -> None:
        self.browser.evaluate(f"document.querySelector({json.dumps(selector)}).click()")
        self.browser.next_frame()

    def choose(self, name: str, value: str) -> None:
        self.browser.evaluate(
            f"""(() => {{
              const field = document.getElementById({json.dumps(name)});
              field.value = {json.dumps(value)};
              field.dispatchEvent(new Event("input", {{bubbles: true}}));
              field.dispatchEvent(new Event("change", {{bubbles: true}}));
            }})()"""
        )
        self.browser.next_frame()

    def text(self, selector: str) -> str:
        return str(
            self.browser.evaluate(f"document.querySelector({json.dumps(selector)}).textContent")
        )

    def press(self, *keys: str, shift: bool = False) -> None:
        """Strike keys one after the other, as a keyboard does."""
        for key in keys:
            about = {"key": key, "code": key, "windowsVirtualKeyCode": _CODES.get(key, 0)}
            modifiers = 8 if shift else 0
            kind = "keyDown" if key in _TEXTS else "rawKeyDown"
            down = {"type": kind, **({"text": _TEXTS[key]} if key in _TEXTS else {})}
            call = self.browser.call
            call("Input.dispatchKeyEvent", modifiers=modifiers, **about, **down)
            call("Input.dispatchKeyEvent", type="keyUp", modifiers=modifiers, **about)

    def write(self, text: str) -> None:
        self.browser.call("Input.insertText", text=text)

    def focused(self) -> str:
        """What has the focus: its id, or text, or label."""
        return str(
            self.browser.evaluate(
                "(({id, textContent, ariaLabel}) => id || ariaLabel || textContent)"
                "(document.activeElement)"
            )
        )

    def tab_to(self, what: str, most: int = 60) -> None:
        """Press Tab until something has the focus."""
        for _ in range(most):
            if self.focused().startswith(what):
                return
            self.press("Tab")
        raise AssertionError(f"Tab does not come to {what!r}")

    def middle(self, selector: str) -> tuple[float, float]:
        x, y = self.browser.evaluate(
            f"""(() => {{
              const mark = document.querySelector({json.dumps(selector)});
              mark.scrollIntoView({{block: "center"}});
              const {{left, right, top, bottom}} = mark.getBoundingClientRect();
              return [(left + right) / 2, (top + bottom) / 2];
            }})()"""
        )
        return x, y

    @contextmanager
    def held(self, selector: str) -> Iterator[tuple[float, float]]:
        """Press the mouse button on something, and let it go at the end."""
        x, y = self.middle(selector)
        self.browser.move_to(x, y)
        self._button("mousePressed", x, y)
        yield x, y
        self._button("mouseReleased", x, y)
        self.browser.next_frame()

    def drag_to(self, x: float, y: float) -> None:
        about = {"button": "left", "buttons": 1}
        self.browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y, **about)
        self.browser.next_frame()

    def _button(self, kind: str, x: float, y: float) -> None:
        about = {"button": "left", "clickCount": 1}
        self.browser.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **about)

    def overflow(self) -> int:
        """Pixels by which the page is wider than the window."""
        return int(
            self.browser.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
        )


def table_of(title: str, names: Sequence[str], X: Any) -> Table:
    return Table.of(title, names, np.asarray(X, dtype=float))
