"""PNGs with faults in what their pixels do not need are read; with missing or damaged pixels they are not."""

import struct
import zlib

import pytest
from PIL import Image

from media import PictureFault
from media.pictures.png import read_png
from tests.unit.media.pictures.picture_files import (
    SIGNATURE,
    channels,
    cleaned,
    corners,
    raw_png,
    refused,
    shows,
    with_chunks,
)
from tests.unit.media.sample_pictures import display_p3, near, opened, png_chunk, save

GAMMA_1, SRGB_CORNERS = struct.pack(">I", 100_000), (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)


@pytest.mark.parametrize(
    "name",
    [b"pHYs", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"cICP", b"tRNS"],
)
@pytest.mark.parametrize("fault", ["empty", "short", "long", "checksum"])
def test_a_chunk_that_no_pixel_needs_may_be_faulty(name: bytes, fault: str) -> None:
    body = {"empty": b"", "short": b"a", "long": b"a\0\0" + bytes(500), "checksum": GAMMA_1}[fault]
    data = with_chunks((name, body))
    if fault == "checksum":
        data = data.replace(png_chunk(name, body), png_chunk(name, body)[:-1] + b"?")
    if name != b"gAMA" or fault != "long":
        assert shows(cleaned(data, "png")), (name, fault)


def test_megabytes_of_text_and_profile_are_no_fault() -> None:
    text = zlib.compress(bytes(3_000_000))
    assert shows(cleaned(with_chunks((b"zTXt", b"a\0\0" + text), (b"iCCP", b"a\0\0" + text)), "png"))
    assert shows(cleaned(with_chunks((b"tEXt", b"a\0" + bytes(2_000_000))), "png"))


@pytest.mark.parametrize("interlaced", [False, True])
def test_a_png_that_is_cut_anywhere_is_refused_until_its_pixels_are_whole(interlaced: bool) -> None:
    image = corners().resize((60, 52), Image.Resampling.BILINEAR)
    png = interlace(image) if interlaced else save(image, "PNG")
    end = len(png) - 12 - 8  # before the checksums of zlib and of the chunk
    for length in [8, 20, 33, 40, 45, *range(60, end, max(end // 25, 1))]:
        assert refused(png[:length], "png").code is PictureFault.BROKEN, length
    for whole in (png, png[:-1], png[:-12], png[:-14], png[:-16]):
        assert cleaned(whole, "png").tobytes() == opened(png).convert("RGB").tobytes()


def interlace(image: Image.Image) -> bytes:
    """Write a picture in Adam7's seven passes, which Pillow cannot."""
    passes = [
        (0, 0, 8, 8),
        (4, 0, 8, 8),
        (0, 4, 4, 8),
        (2, 0, 4, 4),
        (0, 2, 2, 4),
        (1, 0, 2, 2),
        (0, 1, 1, 2),
    ]
    rows = b"".join(
        b"\0" + b"".join(bytes(channels(image, (x, y))) for x in range(left, image.width, step))
        for left, top, step, down in passes
        for y in range(top, image.height, down)
    )
    header = struct.pack(">IIBBBBB", *image.size, 8, 2, 0, 0, 1)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return SIGNATURE + b"".join(png_chunk(*each) for each in chunks)


def test_pixels_are_damaged_where_both_checksums_say_so() -> None:
    pixels = zlib.compress(b"".join(b"\0" + bytes((200, y, 9)) * 8 for y in range(8)), 0)
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0))
    sound, end = png_chunk(b"IDAT", pixels), png_chunk(b"IEND", b"")
    assert cleaned(SIGNATURE + header + sound[:-1] + b"?" + end, "png").size == (8, 8)
    damaged = sound[:40] + bytes((sound[40] ^ 255,)) + sound[41:]
    assert refused(SIGNATURE + header + damaged + end, "png").code is PictureFault.BROKEN
    assert refused(SIGNATURE + header[:-1] + b"?" + sound + end, "png").code is PictureFault.BROKEN


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
def test_grey_of_any_depth_keeps_its_transparent_value(depth: int) -> None:
    value = {1: 1, 2: 2, 4: 9, 8: 77, 16: 0x4142}[depth]
    samples = [value if x < 32 else 0 for x in range(64)]
    bits = "".join(f"{each:0{depth}b}" for each in samples)
    row = int(bits, 2).to_bytes(64 * depth // 8, "big")
    image = cleaned(raw_png((64, 8), depth, 0, [row] * 8, [(b"tRNS", struct.pack(">H", value))]), "png")
    assert (image.getpixel((5, 4)), image.getpixel((60, 4))) == ((128, 128, 128), (0, 0, 0))


@pytest.mark.parametrize("depth", [8, 16])
def test_one_transparent_colour_is_transparent_in_any_depth(depth: int) -> None:
    pixel = bytes((10, 20, 30)) if depth == 8 else bytes((10, 1, 20, 2, 30, 3))
    clear = struct.pack(">3H", 10, 20, 30) if depth == 8 else pixel
    image = cleaned(raw_png((4, 4), depth, 2, [pixel * 4] * 4, [(b"tRNS", clear)]), "png")
    assert image.getpixel((1, 1)) == (128, 128, 128)


@pytest.mark.parametrize(
    ("chunks", "grey"),
    [
        ([(b"gAMA", GAMMA_1)], 188),
        ([(b"gAMA", GAMMA_1), (b"cHRM", struct.pack(">8I", *SRGB_CORNERS))], 188),
        ([(b"gAMA", GAMMA_1), (b"sRGB", b"\0")], 128),
        ([(b"gAMA", struct.pack(">I", 45455))], 128),
        ([(b"gAMA", bytes(4))], 128),
        ([(b"cICP", bytes((1, 8, 0, 1))), (b"sRGB", b"\0")], 188),
    ],
)
def test_gamma_and_code_points_count_where_nothing_stronger_is_said(
    chunks: list[tuple[bytes, bytes]], grey: int
) -> None:
    png = save(Image.new("RGB", (20, 20), (128, 128, 128)), "PNG")
    assert near(cleaned(with_chunks(*chunks, png=png), "png").getpixel((9, 9)), (grey, grey, grey), 1)


def test_the_profile_is_kept_and_code_points_overrule_it() -> None:
    profile = (b"iCCP", b"a\0\0" + zlib.compress(display_p3()))
    assert read_png(with_chunks(profile)).profile == display_p3()
    assert read_png(with_chunks(profile, (b"cICP", bytes((1, 13, 0, 1))))).profile is None


def test_orientation_counts_in_exif_and_not_in_xmp() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    xmp = b'XML:com.adobe.xmp\0\0\0\0\0<x tiff:Orientation="6"/>'
    assert cleaned(save(corners(), "PNG", exif=exif), "png").size == (260, 300)
    assert shows(cleaned(with_chunks((b"iTXt", xmp)), "png"))


def test_grey_with_alpha_keeps_its_profile_of_grey() -> None:
    image = Image.new("LA", (300, 300), (128, 255))
    assert channels(cleaned(save(image, "PNG", icc_profile=linear_grey()), "png"), (9, 9))[0] == 188


def linear_grey() -> bytes:
    """An ICC profile of grey without a curve."""
    white = b"XYZ \0\0\0\0" + struct.pack(">3i", 63190, 65536, 54061)
    curve = b"curv\0\0\0\0\0\0\0\0"
    table = struct.pack(">I4sII4sII", 2, b"wtpt", 156, 20, b"kTRC", 176, 12)
    header = struct.pack(">I4xI", 188, 0x02400000) + b"mntrGRAYXYZ " + bytes(12) + b"acsp" + bytes(28)
    return (header + struct.pack(">3i", 63190, 65536, 54061)).ljust(128, b"\0") + table + white + curve


def test_an_animations_still_picture_outside_of_it_is_not_shown() -> None:
    still = Image.new("RGB", (300, 260), "gray")
    data = save(still, "PNG", save_all=True, default_image=True, append_images=[corners()], duration=100)
    assert read_png(data).hidden_frames == 1
    assert shows(cleaned(data, "png"))


def test_a_second_word_of_an_animation_changes_nothing() -> None:
    still = Image.new("RGB", (300, 260), "gray")
    data = save(still, "PNG", save_all=True, default_image=True, append_images=[corners()], duration=100)
    assert shows(cleaned(with_chunks((b"acTL", struct.pack(">II", 1, 0)), png=data), "png"))
