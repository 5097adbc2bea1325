"""The HTML page of a report: template, style, scripts and data put into one text."""

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable

# Every module comes after the modules it imports from.
MODULES = (
    "colour.js",
    "scales.js",
    "points.js",
    "bell.js",
    "curve.js",
    "mass.js",
    "dom.js",
    "frame.js",
    "flags.js",
    "levels.js",
    "labels.js",
    "highlight.js",
    "legend.js",
    "tips.js",
    "saving.js",
    "explorer.js",
    "scatter.js",
    "histogram.js",
    "criterion.js",
    "trace.js",
    "starts.js",
    "probabilities.js",
    "uncertainty.js",
    "components.js",
    "profiles.js",
    "beside.js",
    "merging.js",
    "patterns.js",
    "missing.js",
    "words.js",
    "report.js",
)

_IMPORT = re.compile(r'^import \{[^{}]*\} from "\./([a-z]+\.js)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:const|function) )", re.MULTILINE)
_SLOT = re.compile(r"\{\{([a-z]+)\}\}")


def render(payload: Mapping[str, object]) -> str:
    """Write the report as one self-contained HTML page.

    Parameters
    ----------
    payload : mapping
        What `build_payload` returns: JSON values only, every number finite.

    Returns
    -------
    str
        The page; it loads nothing and works from a file.

    Raises
    ------
    ValueError
        If the payload holds a number that is not finite.
    """
    web = files(__package__).joinpath("web")
    style = "\n" + web.joinpath("report.css").read_text("utf-8")
    script = "\n" + _bundle({name: _module(web, name) for name in MODULES})
    slots = {
        "policy": _policy(script, style),
        "title": html.escape(str(payload["title"])),
        "style": style,
        "payload": _json_block(payload),
        "script": script,
    }
    template = web.joinpath("template.html").read_text("utf-8")
    return _SLOT.sub(lambda slot: slots[slot[1]], template)


def _module(web: Traversable, name: str) -> str:
    return web.joinpath(name).read_text("utf-8")


def _bundle(modules: Mapping[str, str]) -> str:
    """Join ES modules, given in order of dependence, into the text of a single one.

    Their names share one scope afterwards; the browser refuses a name declared twice. A form of
    import or export that is not plainly `import { a } from "./b.js"` or `export function` (or
    `const`) is refused here, as the joined text would mean something else.
    """
    joined: list[str] = []
    for name, text in modules.items():
        earlier = list(modules)[: len(joined)]
        missing = [source for source in _IMPORT.findall(text) if source not in earlier]
        plain = _EXPORT.sub("", _IMPORT.sub("", text))
        if missing or re.search(r"^\s*(import|export)\b", plain, re.MULTILINE):
            raise ValueError(f"{name} cannot be joined with the modules before it: {missing}")
        joined.append(plain)
    return "\n".join(joined)


def _policy(script: str, style: str) -> str:
    """Allow this very script and style, and nothing else."""
    return (
        f"default-src 'none'; script-src {_source(script)}; style-src {_source(style)}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _source(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def _json_block(payload: Mapping[str, object]) -> str:
    """Write JSON that no HTML parser can take for markup: ASCII only, `<`, `>`, `&` escaped."""
    text = json.dumps(payload, allow_nan=False, ensure_ascii=True, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
