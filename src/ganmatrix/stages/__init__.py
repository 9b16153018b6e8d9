"""One file a stage: arguments and files in, files out; the layers below do the work."""
