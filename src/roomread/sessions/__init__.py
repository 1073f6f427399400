"""Sessions: kept, found, exported, forgotten."""
