"""The program's exit statuses; 0 means that everything was done."""

# Nothing could be done; argument errors end so too.
EXIT_FAILED = 2
EXIT_SOME_FAILED = 3
# The status that shells use for Ctrl-C.
EXIT_INTERRUPTED = 130
