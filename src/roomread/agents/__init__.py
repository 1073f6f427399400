"""Tools that language models call through the Model Context Protocol (MCP)."""
