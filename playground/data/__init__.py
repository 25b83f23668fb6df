"""Data of Discord and ComfyUI that the playground answers with; README.md names each source."""
