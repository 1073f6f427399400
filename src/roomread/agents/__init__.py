"""The tools that programs with a language model call, by the Model Context Protocol (MCP)."""
