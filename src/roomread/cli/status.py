"""The program's exit statuses other than 0."""

# No input could be processed, or an argument is invalid.
EXIT_FAILED = 2
EXIT_SOME_FAILED = 3
# The status that shells use for Ctrl-C.
EXIT_INTERRUPTED = 130
