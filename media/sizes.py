"""Which size a clip gets: pure arithmetic."""

import math
from enum import StrEnum


class Aspect(StrEnum):
    """The shape a person may ask for."""

    AUTO = "auto"
    LANDSCAPE = "landscape"
    PORTRAIT = "portrait"
    SQUARE = "square"


_ASKED = {Aspect.LANDSCAPE: (832, 480), Aspect.PORTRAIT: (480, 832), Aspect.SQUARE: (624, 624)}
SIZES = (*_ASKED.values(), (720, 544), (544, 720))
"""What the 480p model is at home in: multiples of 16, about 400,000 pixels."""


def size_for(width: int, height: int, aspect: Aspect) -> tuple[int, int]:
    """Choose the clip's width and height in pixels for a picture of this width and height.

    `auto` takes the nearest by the logarithm of the aspect: twice as wide and twice as high are equally far.
    """
    if aspect is not Aspect.AUTO:
        return _ASKED[aspect]
    wanted = math.log(width / height)
    return min(SIZES, key=lambda size: abs(math.log(size[0] / size[1]) - wanted))
