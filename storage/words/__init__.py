"""Words that no prompt may contain, however they are spelt. Pure."""
