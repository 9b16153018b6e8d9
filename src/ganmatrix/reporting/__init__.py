"""What the reports show: figures, tables and sentences made from the results. Never imports torch."""
