"""One file for each stage: arguments and files in, files out. The layers below do the work."""
