"""Replace the package of this name, which compiles a grammar for seconds when it is imported.

Ray imports jsonschema, which imports that package if it is installed. Ray gives up on worker
processes that take longer than 15 s to start.
"""

raise ImportError("not needed here")
