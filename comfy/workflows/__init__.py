"""Workflows, their manifests, and the graphs built from them; pure. May import comfy.protocol."""
