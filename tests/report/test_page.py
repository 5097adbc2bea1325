"""The page as text: nothing from outside, nothing from the data read as markup."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from importlib.resources import files

import pytest
from report_examples import example

from mixtura.report import bundle, page, render

NASTY = [
    "</script><b>x",
    "",
    "طول المنقار",
    "<!--<script>",
    "\u2028\u2029",
    "{{script}}",
    "a&amp;b",
]


class Blocks(HTMLParser):
    """Collects the tags of a page and the texts of its scripts, styles and title."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self.policy = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if ("http-equiv", "Content-Security-Policy") in attrs:
            self.policy = dict(attrs)["content"] or ""

    def handle_data(self, data: str) -> None:
        if self.tags:
            self.texts.setdefault(self.tags[-1], []).append(data)


def parsed(text: str) -> Blocks:
    blocks = Blocks()
    blocks.feed(text)
    return blocks


def payload_text(text: str) -> str:
    found = re.search(r'<script type="application/json" id="payload">(.*?)</script>', text, re.S)
    assert found is not None
    return found[1]


def test_nasty_names_stay_data() -> None:
    made = example(d=len(NASTY), columns=NASTY, title="</title></script><b>x & {{payload}}.csv")
    text = render(made)
    block = payload_text(text)
    assert json.loads(block) == made
    assert block.isascii()
    assert not set("<>&") & set(block)
    assert parsed(text).tags == parsed(render(example(d=len(NASTY)))).tags
    assert "<title>&lt;/title&gt;&lt;/script&gt;&lt;b&gt;x &amp; {{payload}}.csv</title>" in text


def test_a_file_name_that_is_not_utf8_can_be_written() -> None:
    assert render(example(title="bad\udcff.csv")).encode("utf-8")


def test_nothing_is_loaded_from_anywhere() -> None:
    text = render(example())
    addresses = re.findall(r"(?:https?:)?//[\w.-]+\.\w+[^\s\"'`)]*", text)
    assert set(addresses) <= {"http://www.w3.org/2000/svg"}
    assert not re.search(r"\b(?:src|srcset|poster|action)\s*=|@import|url\(['\"]?[^#'\"]", text)
    assert re.findall(r'\bhref="([^"]*)"', text) == ["data:,"]


def test_the_policy_allows_exactly_the_inlined_script_and_style() -> None:
    text = render(example())
    policy = parsed(text).policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    for start, end in (('<script type="module">', "</script>"), ("<style>", "</style>")):
        inlined = text.split(start)[1].split(end)[0]
        digest = base64.b64encode(hashlib.sha256(inlined.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy


def test_a_report_of_a_few_hundred_rows_is_small() -> None:
    assert len(render(example(n=342, d=4, k=3)).encode("utf-8")) < 200_000


def test_numbers_that_are_not_finite_are_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        render(example() | {"notes": [float("nan")]})


def test_every_module_is_inlined_once() -> None:
    web = files("mixtura.report").joinpath("web")
    stored = {item.name for item in web.iterdir() if item.name.endswith(".js")}
    assert stored == set(page.MODULES)
    assert len(page.MODULES) == len(stored)


@pytest.mark.parametrize(
    "text",
    [
        'import { a } from "./later.js";\n',
        'import * as a from "./first.js";\n',
        "export default 3;\n",
        'export * from "./first.js";\n',
    ],
)
def test_modules_that_cannot_be_joined_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"second\.js cannot be joined"):
        bundle.bundle({"first.js": "export const a = 1;\n", "second.js": text, "later.js": ""})


def test_joining_keeps_the_code_and_drops_the_seams() -> None:
    joined = bundle.bundle(
        {
            "first.js": "export const a = 1;\n",
            "second.js": 'import {\n  a,\n} from "./first.js";\nexport function b() {}\n',
        }
    )
    assert joined == "const a = 1;\n\nfunction b() {}\n"


def test_what_a_module_passes_on_is_in_the_one_scope_already() -> None:
    texts = {"a/first.js": "export const a = 1;\n"}
    texts["b/second.js"] = 'export { a } from "../a/first.js";\nexport async function b() {}\n'
    assert bundle.bundle(texts) == "const a = 1;\n\nasync function b() {}\n"


def test_modules_come_after_those_that_they_need() -> None:
    texts = {
        "a.js": 'import { c } from "./c.js";\nimport { b } from "./b.js";\n',
        "b.js": 'import { c } from "./c.js";\n',
        "c.js": "",
        "unused.js": "",
    }
    assert list(bundle.in_order("a.js", texts.__getitem__)) == ["c.js", "b.js", "a.js"]
    texts["c.js"] = 'import { a } from "./a.js";\n'
    with pytest.raises(ValueError, match=r"a\.js -> c\.js -> a\.js"):
        bundle.in_order("a.js", texts.__getitem__)
