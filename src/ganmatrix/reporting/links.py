"""Where to go from the front page."""

from html import escape

from ganmatrix.reporting.fragments import Fragment

PAGES = {
    "claims": ("Claims", "the evidence for each, and the papers' numbers beside ours"),
    "results_matrix": ("Results matrix", "every number, every run, samples; to sort and filter"),
    "stability": ("Stability", "divergence, seeds, speed, losses, gradients"),
    "robustness": ("Robustness", "attacks as pictures and curves, and how steep D is"),
}
"""Every other report: its title and what it shows."""


def links() -> Fragment:
    """A line a report."""
    items = "\n".join(
        f'<li><a href="{name}.html">{escape(title)}</a>: {escape(shows)}</li>'
        for name, (title, shows) in PAGES.items()
    )
    return Fragment(f'<nav aria-label="All reports"><ul class="pages">\n{items}\n</ul></nav>')
