"""Decode pictures as browsers show them, with Pillow. Runs in child processes only.

Imports media.errors, media.values and media.file_types; imported by media.child.worker alone, so that the
parent process never loads Pillow.
"""
