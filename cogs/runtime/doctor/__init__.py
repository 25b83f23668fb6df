"""Looks at everything that `/animate` needs, and says what would fail, each with its fix."""
