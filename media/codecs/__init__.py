"""Decoding and encoding of pictures and clips; runs in child processes only. Imports Pillow and PyAV."""
