"""Hide the package of this name, whose import takes seconds to compile a grammar.

Ray imports jsonschema, which imports this package if it is installed. Ray stops worker processes
that take longer than 15 s to start.
"""

raise ImportError("tests hide rfc3987_syntax, because its import takes seconds")
