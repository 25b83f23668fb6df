"""Runs prompts without a model: order, cache, events, nodes and the MP4 files. Imports nothing from http."""
