"""Artifacts on disk: their paths and manifests, and how they are published and opened. No torch."""
