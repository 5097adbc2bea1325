"""One page of many files: modules joined, data embedded, and nothing else allowed."""

import base64
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from posixpath import dirname, join, normpath

__all__ = ["bundle", "fill", "in_order", "json_block", "policy"]

_IMPORT = re.compile(r'^import \{[^{}]*\} from "(\.[\w./]*\.js)";\n', re.MULTILINE)
_PASSED_ON = re.compile(r'^export \{[^{}]*\} from "(\.[\w./]*\.js)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:const|class|function|async function) )", re.MULTILINE)
_SLOT = re.compile(r"\{\{([a-z]+)\}\}")


def bundle(modules: Mapping[str, str]) -> str:
    """Join ES modules, given in order of dependence, into the text of a single one.

    Their names share one scope afterwards; the browser refuses a name declared twice. A form of
    import or export that is not plainly `import { a } from "./b.js"`, the same with `export`, or
    `export` before a function, class or const is refused here, as the joined text would mean
    something else.

    Parameters
    ----------
    modules : mapping of str to str
        Their texts, by their paths.

    Raises
    ------
    ValueError
        If they cannot be joined.
    """
    plain: dict[str, str] = {}
    for path, text in modules.items():
        missing = [source for source in _sources(path, text) if source not in plain]
        bare = _EXPORT.sub("", _PASSED_ON.sub("", _IMPORT.sub("", text)))
        if missing or re.search(r"^\s*(import|export)\b", bare, re.MULTILINE):
            raise ValueError(f"{path} cannot be joined with the modules before it: {missing}")
        plain[path] = bare
    return "\n".join(plain.values())


def in_order(entry: str, read: Callable[[str], str]) -> dict[str, str]:
    r"""A module and all that it needs, each one after those that it imports from.

    Parameters
    ----------
    entry : str
        Its path.
    read : callable
        Gives the text at a path.

    Returns
    -------
    dict of str to str
        Texts by paths.

    Examples
    --------
    >>> texts = {"web/a.js": 'import { b } from "./b.js";\n', "web/b.js": "export const b = 1;"}
    >>> list(in_order("web/a.js", texts.__getitem__))
    ['web/b.js', 'web/a.js']
    """
    found: dict[str, str] = {}

    def visit(path: str, above: tuple[str, ...]) -> None:
        if path in above:
            raise ValueError(f"{path} needs itself: {' -> '.join([*above, path])}")
        if path in found:
            return
        text = read(path)
        for source in _sources(path, text):
            visit(source, (*above, path))
        found[path] = text

    visit(entry, ())
    return found


def _sources(path: str, text: str) -> list[str]:
    """The paths of the modules that one imports from."""
    named = [*_IMPORT.findall(text), *_PASSED_ON.findall(text)]
    return [normpath(join(dirname(path), source)) for source in named]


def policy(script: str, style: str, *, wasm: bool = False) -> str:
    """Allow this very script and style, and nothing else; WebAssembly if it is asked for."""
    modules = " 'wasm-unsafe-eval'" if wasm else ""
    return (
        f"default-src 'none'; script-src {_source(script)}{modules}; style-src {_source(style)}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _source(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def json_block(payload: Mapping[str, object]) -> str:
    """Write JSON that no HTML parser can take for markup: ASCII only, `<`, `>`, `&` escaped."""
    text = json.dumps(payload, allow_nan=False, ensure_ascii=True, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def fill(template: str, slots: Mapping[str, str]) -> str:
    """A page from its template, `{{name}}` being where the text of that name goes."""
    return _SLOT.sub(lambda slot: slots[slot[1]], template)
