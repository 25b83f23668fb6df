"""Register Pillow's decoder of HEIC, from the optional package pillow-heif. Raises ImportError without it."""

from importlib import import_module

# Not imported by name: the types are checked without it too.
import_module("pillow_heif").register_heif_opener(depth_images=False, aux_images=False, decode_threads=2)
