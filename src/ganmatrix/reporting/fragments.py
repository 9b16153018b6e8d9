"""Pieces of HTML: escaped, accessible, and shown by a notebook as they are."""

import base64
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any


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


def data(identity: str, value: Any) -> Fragment:
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
