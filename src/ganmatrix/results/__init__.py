"""The results matrix: assembled from the cells' artifacts, summarised over seeds, and judged. Never imports torch."""
