"""Decode and encode pictures and clips with Pillow and PyAV. Runs in child processes only.

Imports media.errors, media.values and media.file_types; imported by media.child.worker alone, so that the
parent process never loads Pillow or PyAV.
"""
