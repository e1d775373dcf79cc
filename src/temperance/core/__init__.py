"""What everything else rests on: errors, alphabets, files, checkpoints, progress, threads."""
