"""The step loop and its parts: streams, schedules, averages, checkpoints, outcomes."""
