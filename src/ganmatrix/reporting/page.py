"""The page around a report: navigation, style and script, and nothing from elsewhere."""

import base64
import hashlib
from collections.abc import Mapping
from html import escape
from importlib.resources import files

from ganmatrix.notebooks import About

STYLES = ("page.css", "reports.css", "matrix.css")
SCRIPTS = ("tables.js", "matrix.js", "runs.js")
"""One script, in this order: what stands in one file is known in the next."""


def page(name: str, pages: Mapping[str, About], body: str) -> str:
    """A whole HTML document around `body`, with links to all `pages` in their order.

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
<title>{escape(pages[name].title)} - ganmatrix</title>
<style>{style}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header><nav aria-label="Reports"><b>ganmatrix</b>
{links}
</nav></header>
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
