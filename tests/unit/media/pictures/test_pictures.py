"""An untrusted picture becomes a clean PNG, or is refused with a reason."""

import time
import zlib
from io import BytesIO

import pytest
from PIL import Image, ImageCms, ImageFilter

from media import BadPicture, Media, PictureFault, PictureIssue
from media.pictures.pictures import MAX_SIDE
from tests.sampling import one_in
from tests.unit.media.sample_pictures import (
    display_p3,
    fifty_megapixels,
    ftyp,
    near,
    opened,
    photo,
    png_bomb,
    png_chunk,
    save,
    with_orientation,
)

RED, LIME, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


async def refusal(media: Media, data: bytes) -> BadPicture:
    with pytest.raises(BadPicture) as caught:
        await media.clean_picture(data)
    return caught.value


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "GIF", "WEBP", "AVIF"])
async def test_every_accepted_format_becomes_a_plain_png(media: Media, image_format: str) -> None:
    picture = await media.clean_picture(save(photo(), image_format))
    image = opened(picture.data)
    assert (image.format, image.mode, image.size) == ("PNG", "RGB", (640, 600))
    assert (picture.width, picture.height, picture.issues) == (640, 600, frozenset())
    assert near(image.getpixel((10, 10)), RED)
    assert near(image.getpixel((630, 10)), BLUE)


async def test_the_same_bytes_make_the_same_picture(media: Media) -> None:
    data = save(photo(), "JPEG")
    first, second = await media.clean_picture(data), await media.clean_picture(data)
    assert first == second
    assert len(first.sha256) == 64


@pytest.mark.parametrize("orientation", range(1, 9))
async def test_the_camera_held_in_any_way_gives_an_upright_picture(media: Media, orientation: int) -> None:
    upright = photo(640, 520)
    upright.paste("lime", (0, 400, 100, 520))
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(undo[orientation]) if orientation > 1 else upright
    picture = await media.clean_picture(with_orientation(stored, orientation))
    assert (picture.width, picture.height) == (640, 520)
    assert near(opened(picture.data).getpixel((10, 10)), RED)
    assert near(opened(picture.data).getpixel((10, 510)), LIME)


async def test_nothing_but_pixels_survives(media: Media) -> None:
    exif = Image.Exif()
    exif[0x010E] = "my secret garden"
    data = save(photo(), "PNG", exif=exif, icc_profile=display_p3(), dpi=(300, 300))
    image = opened((await media.clean_picture(data)).data)
    assert not image.info
    assert not image.getexif()


async def test_transparent_pixels_become_grey_and_are_noted(media: Media) -> None:
    image = photo().convert("RGBA")
    image.paste((0, 255, 0, 0), (0, 0, 100, 100))
    picture = await media.clean_picture(save(image, "PNG"))
    assert near(opened(picture.data).getpixel((50, 50)), (128, 128, 128))
    assert near(opened(picture.data).getpixel((200, 50)), RED)
    assert picture.issues == {PictureIssue.TRANSPARENT}


async def test_an_alpha_channel_that_hides_nothing_is_not_noted(media: Media) -> None:
    assert not (await media.clean_picture(save(photo(mode="RGBA"), "PNG"))).issues


async def test_a_palette_with_a_transparent_colour_is_flattened_too(media: Media) -> None:
    image = photo().quantize(8)
    clear = image.getpixel((10, 10))
    picture = await media.clean_picture(save(image, "PNG", transparency=clear))
    assert near(opened(picture.data).getpixel((10, 10)), (128, 128, 128))
    assert near(opened(picture.data).getpixel((630, 10)), BLUE)


async def test_sixteen_bit_grey_keeps_its_greys(media: Media) -> None:
    image = Image.new("I;16", (600, 600), 0x8080)
    picture = await media.clean_picture(save(image, "PNG"))
    assert near(opened(picture.data).getpixel((300, 300)), (128, 128, 128), 1)


async def test_sixteen_bit_colour_keeps_its_colours(media: Media) -> None:
    row = b"\0" + b"\xff\xff\x40\x00\x00\x00" * 600
    header = (600).to_bytes(4) * 2 + bytes((16, 2, 0, 0, 0))
    data = b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header)
    data += png_chunk(b"IDAT", zlib.compress(row * 600)) + png_chunk(b"IEND", b"")
    picture = await media.clean_picture(data)
    assert near(opened(picture.data).getpixel((300, 300)), (255, 64, 0), 1)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "YCbCr"])
async def test_every_mode_of_colour_is_understood(media: Media, mode: str) -> None:
    image_format = "JPEG" if mode in ("CMYK", "YCbCr") else "PNG"
    picture = await media.clean_picture(save(photo().convert(mode), image_format))
    image = opened(picture.data)
    brightness = image.convert("L").getpixel((10, 10))
    assert image.mode == "RGB"
    assert isinstance(brightness, int)
    assert abs(brightness - 76) <= 8 or mode == "1"


async def test_a_printers_jpeg_with_inverted_cmyk_is_not_a_negative(media: Media) -> None:
    data = save(photo().convert("CMYK"), "JPEG", quality=95)
    assert b"Adobe" in data[:200]
    picture = await media.clean_picture(data)
    assert near(opened(picture.data).getpixel((10, 10)), RED, 12)


async def test_a_phones_wide_colours_become_srgb(media: Media) -> None:
    image = photo()
    image.paste((234, 51, 35), (0, 0, 200, 200))  # how Display P3 writes the red of sRGB
    picture = await media.clean_picture(save(image, "PNG", icc_profile=display_p3()))
    assert near(opened(picture.data).getpixel((50, 50)), RED, 4)


@pytest.mark.parametrize(
    "profile",
    [b"nonsense", b"\0" * 200, display_p3()[:300], display_p3().replace(b"RGB XYZ", b"CMYKXYZ")],
    ids=["nonsense", "zeros", "cut", "lying"],
)
async def test_a_broken_profile_is_ignored(media: Media, profile: bytes) -> None:
    picture = await media.clean_picture(save(photo(), "JPEG", quality=95, icc_profile=profile))
    assert near(opened(picture.data).getpixel((10, 10)), RED)


async def test_broken_exif_is_ignored(media: Media) -> None:
    data = save(photo(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff" + b"\x12\x01" * 40)
    assert (await media.clean_picture(data)).width == 640


async def test_an_animation_gives_its_first_frame_and_says_so(media: Media) -> None:
    frames = [photo(), photo().transpose(Image.Transpose.FLIP_LEFT_RIGHT)]
    for image_format in ("GIF", "WEBP", "PNG", "AVIF"):
        data = save(frames[0], image_format, save_all=True, append_images=frames[1:], duration=50)
        picture = await media.clean_picture(data)
        assert picture.issues == {PictureIssue.ANIMATED}, image_format
        assert near(opened(picture.data).getpixel((10, 10)), RED), image_format


async def test_two_thousand_frames_cost_no_more_than_one(media: Media) -> None:
    frames = [Image.new("L", (64, 64), n % 250) for n in range(2000)]
    data = save(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=20)
    began = time.monotonic()
    picture = await media.clean_picture(data)
    assert time.monotonic() - began < 2
    assert PictureIssue.ANIMATED in picture.issues


async def test_a_phones_jpeg_with_a_preview_is_a_photo_not_an_animation(media: Media) -> None:
    target = BytesIO()
    photo().save(target, "MPO", save_all=True, append_images=[photo(160, 150)])
    picture = await media.clean_picture(target.getvalue())
    assert (picture.width, picture.issues) == (640, frozenset())


@pytest.mark.parametrize("image_format", one_in(2, ["JPEG", "PNG"]))
async def test_a_large_picture_is_shrunk_and_keeps_its_shape(media: Media, image_format: str) -> None:
    picture = await media.clean_picture(save(photo(6000, 3000), image_format))
    assert max(picture.width, picture.height) <= MAX_SIDE == 2048
    assert picture.width == 2 * picture.height
    assert picture.width >= 2 * 832
    assert picture.issues == {PictureIssue.SHRUNK}


@pytest.mark.parametrize(
    ("image", "note"),
    [
        (photo(500, 600), PictureIssue.SMALL),
        (photo(2000, 700), PictureIssue.EXTREME_ASPECT),
        (photo().point(lambda value: value // 12), PictureIssue.DARK),
        (photo().filter(ImageFilter.GaussianBlur(12)), PictureIssue.BLURRED),
    ],
    ids=["small", "extreme_aspect", "dark", "blurred"],
)
async def test_what_may_disappoint_is_noted_not_refused(
    media: Media, image: Image.Image, note: PictureIssue
) -> None:
    assert (await media.clean_picture(save(image, "PNG"))).issues == {note}


@pytest.mark.parametrize(
    ("data", "code", "image_format"),
    [
        (b"", PictureFault.NOT_A_PICTURE, None),
        (b"hello", PictureFault.NOT_A_PICTURE, None),
        (b"<html><img></html>", PictureFault.NOT_A_PICTURE, "html"),
        (b"%PDF-1.4", PictureFault.NOT_A_PICTURE, "pdf"),
        (ftyp(b"isom"), PictureFault.NOT_A_PICTURE, "mp4"),
        (b"<svg/>", PictureFault.UNSUPPORTED_FORMAT, "svg"),
        (save(photo(8, 8), "BMP"), PictureFault.UNSUPPORTED_FORMAT, "bmp"),
        (ftyp(b"heic", b"mif1"), PictureFault.HEIC, "heic"),
        (b"\xff\xd8\xff" + bytes(25_000_000), PictureFault.TOO_LARGE, None),
        (b"\x89PNG\r\n\x1a\n" + b"<script>alert(1)</script>", PictureFault.BROKEN, None),
        (b"GIF89a<svg onload=alert(1)>", PictureFault.BROKEN, None),
        (save(photo(), "JPEG")[:4000], PictureFault.BROKEN, None),
        (save(photo(), "PNG")[:800], PictureFault.BROKEN, None),
        (save(photo(), "WEBP")[:800], PictureFault.BROKEN, None),
        (save(photo(), "AVIF")[:800], PictureFault.BROKEN, None),
    ],
    ids=lambda value: None if isinstance(value, bytes) else str(value),
)
async def test_bad_files_are_refused_with_their_reason(
    media: Media, data: bytes, code: PictureFault, image_format: str | None
) -> None:
    refused = await refusal(media, data)
    assert (refused.code, refused.format) == (code, image_format)


async def test_a_bomb_is_refused_within_a_second(media: Media) -> None:
    bomb = png_bomb()
    began = time.monotonic()
    assert (await refusal(media, bomb)).code is PictureFault.TOO_MANY_PIXELS
    assert time.monotonic() - began < 1


async def test_fifty_megapixels_with_alpha_still_go_through(media: Media) -> None:
    assert (await media.clean_picture(fifty_megapixels())).width == 2048


async def test_a_picture_is_cut_to_exactly_the_size_around_its_middle(media: Media) -> None:
    picture = await media.clean_picture(save(photo(1000, 600), "PNG"))
    image = opened(await media.fit_picture(picture.data, 480, 832))
    assert (image.format, image.size) == ("PNG", (480, 832))
    assert near(image.getpixel((10, 10)), RED)
    assert near(image.getpixel((470, 10)), BLUE)


def test_profiles_made_here_are_real_profiles() -> None:
    assert ImageCms.getProfileDescription(BytesIO(display_p3())).strip() == "P3"
