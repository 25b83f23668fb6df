"""Every sentence for people, in each language. Imports no other package."""
