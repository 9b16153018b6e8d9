"""The page around a report: navigation, style, and nothing from elsewhere."""

from collections.abc import Mapping
from html import escape

from ganmatrix.reporting.style import CSS


def page(name: str, titles: Mapping[str, str], body: str) -> str:
    """A whole HTML document around `body`; `titles` names every report, the navigation's order."""
    links = "\n".join(_link(other, title, other == name) for other, title in titles.items())
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(titles[name])} - ganmatrix</title>
<style>
{CSS}</style>
</head>
<body>
<header><nav aria-label="Reports"><b>ganmatrix</b>
{links}
</nav></header>
<main>
{body}
</main>
</body>
</html>
"""


def _link(name: str, title: str, here: bool) -> str:
    current = ' aria-current="page"' if here else ""
    return f'<a href="{escape(name)}.html"{current}>{escape(title)}</a>'
