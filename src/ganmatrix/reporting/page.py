"""HTML: the pieces that a page consists of, and the page around them."""

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from typing import Any

from ganmatrix.notebooks import About

STYLES = ("page.css", "reports.css", "matrix.css")

SCRIPTS = ("tables.js", "matrix.js", "runs.js")
"""One script, in this order: what stands in one file is known in the next."""


@dataclass(frozen=True)
class Fragment:
    """A piece of HTML that a notebook displays."""

    html: str

    def _repr_html_(self) -> str:
        return self.html


def join(fragments: Iterable[Fragment]) -> Fragment:
    """Fragments one after the other."""
    return Fragment("\n".join(fragment.html for fragment in fragments))


def sections(names: Iterable[object], content: Callable[[Any], Fragment]) -> Fragment:
    """The content of each name under a heading of its own."""
    return join(join([text("h3", str(name)), content(name)]) for name in names)


def figures(content: Iterable[Fragment]) -> Fragment:
    """Figures side by side, as many as the page is wide."""
    return box(content, "figures")


def text(tag: str, content: str, kind: str = "") -> Fragment:
    """One element with plain text in it."""
    return Fragment(f"<{tag}{_class(kind)}>{escape(content)}</{tag}>")


def box(fragments: Iterable[Fragment], kind: str) -> Fragment:
    """A block of a class that the style sheet lays out."""
    return Fragment(f"<div{_class(kind)}>\n{join(fragments).html}\n</div>")


def scrollable(content: Fragment, label: str) -> Fragment:
    """Content that a narrow page scrolls sideways, with the keyboard too."""
    return Fragment(
        f'<div class="scrollable" role="region" tabindex="0" aria-label="{escape(label)}">\n'
        f"{content.html}\n</div>"
    )


def bullets(items: Iterable[str]) -> Fragment:
    """A list of plain sentences."""
    return Fragment("<ul>\n" + "\n".join(f"<li>{escape(item)}</li>" for item in items) + "\n</ul>")


def details(summary: str, content: Fragment, identity: str = "") -> Fragment:
    """A block that opens on demand, and by itself for a link to its `identity`."""
    named = attributes({"id": identity or None})
    return Fragment(f"<details{named}><summary>{escape(summary)}</summary>\n{content.html}\n</details>")


def definitions(pairs: Iterable[tuple[str, str]]) -> Fragment:
    """Names and what they stand for, side by side."""
    entries = "\n".join(f"<dt>{escape(name)}</dt><dd>{_lines(value)}</dd>" for name, value in pairs)
    return Fragment(f"<dl>\n{entries}\n</dl>")


def attributes(values: Mapping[str, object]) -> str:
    """Attributes of an element, each with a space before it; None leaves one out."""
    return "".join(f' {name}="{escape(str(value))}"' for name, value in values.items() if value is not None)


def json_data(identity: str, value: Any) -> Fragment:
    """JSON for the page's script; no text in it can end the element."""
    content = json.dumps(value, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    return Fragment(f'<script type="application/json" id="{escape(identity)}">{content}</script>')


def table(
    caption: str, header: Sequence[str], rows: Iterable[Sequence[str | Fragment]], kind: str = ""
) -> Fragment:
    """A table whose first column heads its rows; one of kind `sortable` has headers that sort it.

    Where the page is narrow its rows become blocks, in which every cell carries its column's name.
    """
    head = "".join(f'<th scope="col">{_lines(name)}</th>' for name in header)
    body = "\n".join(_row(header, cells) for cells in rows)
    return Fragment(
        f"<table{_class(kind)}><caption>{escape(caption)}</caption>\n"
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table>"
    )


def footnoted(content: Fragment, mark: str, note: str) -> Fragment:
    """The content in a block, with the note below it if the mark occurs in it."""
    return box([content, text("p", note, "note")], "footnoted") if mark in content.html else content


def image(
    content: bytes, media_type: str, alt: str, caption: str = "", kind: str = "", run: str | None = None
) -> Fragment:
    """An image that the page carries inside itself; scripts find a run's by its id."""
    encoded = base64.b64encode(content).decode("ascii")
    legend = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    return Fragment(
        f'<figure{_class(kind)}><img src="data:{media_type};base64,{encoded}" alt="{escape(alt)}"'
        f"{attributes({'data-run': run})}>{legend}</figure>"
    )


def _row(header: Sequence[str], cells: Sequence[str | Fragment]) -> str:
    first, *others = (cell.html if isinstance(cell, Fragment) else _lines(cell) for cell in cells)
    columns = "".join(
        f'<td data-column="{escape(name)}"><div>{cell}</div></td>'
        for name, cell in zip(header[1:], others, strict=True)
    )
    return f'<tr><th scope="row">{first}</th>{columns}</tr>'


def _lines(content: str) -> str:
    """Escaped text whose lines after the first are small print."""
    first, *others = escape(content).split("\n")
    return first + "".join(f"<small>{line}</small>" for line in others)


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""


def document(name: str, pages: Mapping[str, About], body: str, title: str, question: str) -> str:
    """A whole HTML document around `body`, with links to all `pages` in their order.

    Its header states the study's title and question.

    Its policy lets the browser load nothing, and run this style sheet and this script alone. Without
    the script everything is there, but for what the script adds: sorting, filters, panels, CSV.
    """
    links = "\n".join(_link(other, about.title, other == name) for other, about in pages.items())
    others = "\n".join(_described(other, about) for other, about in pages.items() if other != name)
    style, script = _assets(STYLES), _assets(SCRIPTS)
    policy = (
        f"default-src 'none'; img-src data:; style-src {_source(style)}; script-src {_source(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>{escape(pages[name].title)} - {escape(title)} - ganmatrix</title>
<style>{style}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header><nav aria-label="Reports"><b>ganmatrix</b>
{links}
</nav>
<div class="study"><b>{escape(title)}</b> {escape(question)}</div></header>
<main id="content">
{body}
</main>
<footer><nav aria-label="Other reports"><ul class="pages">
{others}
</ul></nav></footer>
<script type="module">{script}</script>
</body>
</html>
"""


def _link(name: str, title: str, here: bool) -> str:
    current = ' aria-current="page"' if here else ""
    return f'<a href="{escape(name)}.html"{current}>{escape(title)}</a>'


def _described(name: str, about: About) -> str:
    shows = f": {escape(about.shows)}" if about.shows else ""
    return f"<li>{_link(name, about.title, False)}{shows}</li>"


def _assets(names: tuple[str, ...]) -> str:
    folder = files("ganmatrix.reporting") / "assets"
    return "".join((folder / name).read_text(encoding="utf-8") for name in names)


def _source(content: str) -> str:
    """The policy's name for an inline element with this text."""
    digest = hashlib.sha256(content.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
