"""Stands before the real one, which compiles a grammar for seconds whenever Ray is imported.

Ray imports jsonschema, and that this where a developer's environment has it; Ray gives up on
processes that take longer than 15 s to start.
"""

raise ImportError("not needed here")
