"""Artifacts on disk: where they lie, what vouches for them, how they are published and opened. No torch."""
