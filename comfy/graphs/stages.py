"""Guess the stage of a node from the name of its class."""

from comfy.graphs.nodes import Stage

# In this order: the first that is part of a class name decides ("LoadWanVideoT5TextEncoder" loads).
STAGES_BY_CLASS_NAME = {
    "Load": Stage.LOADING,
    "Sampler": Stage.SAMPLING,
    "Decode": Stage.DECODING,
    "Encode": Stage.ENCODING,
    "ToVideo": Stage.ENCODING,
    "Save": Stage.SAVING,
    "Combine": Stage.SAVING,
    "CreateVideo": Stage.SAVING,
}


def guess_stage(class_type: str) -> Stage:
    """What a node of this class most likely does for the clip."""
    return next((stage for part, stage in STAGES_BY_CLASS_NAME.items() if part in class_type), Stage.LOADING)
