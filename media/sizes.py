"""Choose a clip's width and height. Pure."""

import math
from enum import StrEnum


class Aspect(StrEnum):
    """The shape a person may ask for."""

    AUTO = "auto"
    LANDSCAPE = "landscape"
    PORTRAIT = "portrait"
    SQUARE = "square"


_REQUESTED = {Aspect.LANDSCAPE: (832, 480), Aspect.PORTRAIT: (480, 832), Aspect.SQUARE: (624, 624)}
SIZES = (*_REQUESTED.values(), (720, 544), (544, 720))
"""Sizes that suit the 480p model: multiples of 16, about 400,000 pixels."""


def size_for(width: int, height: int, aspect: Aspect) -> tuple[int, int]:
    """Choose the clip's width and height in pixels for a picture of this width and height.

    `auto` takes the size whose logarithm of width / height is nearest: 2:1 and 1:2 are equally far from 1:1.
    """
    if aspect is not Aspect.AUTO:
        return _REQUESTED[aspect]
    wanted = math.log(width / height)
    return min(SIZES, key=lambda size: abs(math.log(size[0] / size[1]) - wanted))
