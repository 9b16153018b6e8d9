"""The results matrix: assembled, summarised over seeds, and judged. Never imports torch."""
