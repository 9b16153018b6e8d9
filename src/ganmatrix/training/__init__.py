"""The step loop and what makes it exact: streams, schedules, averages, checkpoints, outcomes."""
