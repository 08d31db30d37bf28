"""Pictures, and what only looks like one, built byte by byte: nothing hostile lies in the repository as a file."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

from PIL import Image, PngImagePlugin

SIZE = (900, 700)
PLACE = "Bellecour 45.7578 4.8320"
"""What must not be found in anything that was cleaned."""
SCRIPT = b"<html><script>alert('polyglot')</script></html>"


def scene(mode: str = "RGB", size: tuple[int, int] = SIZE, colour: object = None) -> Image.Image:
    """A picture with something in it: a gradient, whose file is not all zeros."""
    grey = Image.linear_gradient("L").resize(size)
    if colour is not None:
        return Image.new(mode, size, colour)  # type: ignore[arg-type]
    return Image.merge("RGB", (grey, grey.transpose(Image.Transpose.ROTATE_180), grey)).convert(mode)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def jpeg(size: tuple[int, int] = SIZE) -> bytes:
    return encoded(scene(size=size), "JPEG")


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of(width: int, height: int, rows: bytes = b"") -> bytes:
    """A PNG whose header claims a size, whatever follows."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + png_chunk(b"IDAT", zlib.compress(rows))
        + png_chunk(b"IEND", b"")
    )


def with_exif(orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = PLACE
    exif[0x013B] = PLACE
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "N", (45.0, 45.0, 28.0), "E", (4.0, 49.0, 55.0)
    gps[29] = PLACE
    return encoded(scene(), "JPEG", exif=exif, comment=PLACE.encode())


def with_text() -> bytes:
    text = PngImagePlugin.PngInfo()
    text.add_text("Location", PLACE)
    text.add_itxt("XML:com.adobe.xmp", f"<rdf>{PLACE}</rdf>", zip=True)
    return encoded(scene(), "PNG", pnginfo=text)


def jpeg_and_zip() -> bytes:
    file = io.BytesIO(jpeg())
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("script.html", SCRIPT + PLACE.encode())
    return file.getvalue()


def moving(kind: str) -> bytes:
    frames = [scene(colour=colour) for colour in ("red", "green", "blue")]
    return encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)


def phone_jpeg() -> bytes:
    """Two pictures in one file, as phones write them."""
    return encoded(scene(), "MPO", save_all=True, append_images=[scene(size=(800, 622))])


def sixteen_bits() -> bytes:
    row = struct.pack("<H", 40_000) * (SIZE[0] // 2) + bytes(SIZE[0])
    return encoded(Image.frombytes("I;16", SIZE, row * SIZE[1]), "PNG")


def transparent() -> bytes:
    image = Image.new("RGBA", SIZE, (255, 0, 0, 0))
    image.paste((0, 0, 255, 255), (0, 0, SIZE[0] // 2, SIZE[1]))
    return encoded(image, "PNG")


def text_bomb() -> bytes:
    """A PNG with a few kilobytes of text that unpack to hundreds of megabytes."""
    bomb = png_chunk(b"zTXt", b"Comment\x00\x00" + zlib.compress(b"A" * 200_000_000, 9))
    good = encoded(scene(), "PNG")
    return good[:33] + bomb + good[33:]


def half(data: bytes) -> bytes:
    return data[: len(data) // 2]


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "svg": (
        lambda: b'<svg xmlns="http://www.w3.org/2000/svg" width="900" height="700"><script>alert(1)</script></svg>',
        "not a JPEG, PNG or WebP",
    ),
    "html": (lambda: SCRIPT, "not a JPEG, PNG or WebP"),
    "html_that_begins_like_a_gif": (lambda: b"GIF89a" + SCRIPT, "not a JPEG, PNG or WebP"),
    "html_that_begins_like_a_jpeg": (lambda: b"\xff\xd8\xff\xe0" + SCRIPT, "not a JPEG, PNG or WebP"),
    "pdf": (lambda: b"%PDF-1.7\n" + SCRIPT, "not a JPEG, PNG or WebP"),
    "gif": (lambda: encoded(scene(), "GIF"), "not a JPEG, PNG or WebP"),
    "tiff": (lambda: encoded(scene(), "TIFF"), "not a JPEG, PNG or WebP"),
    "icon": (lambda: encoded(scene(size=(256, 256)), "ICO"), "not a JPEG, PNG or WebP"),
    "photoshop": (lambda: b"8BPS\x00\x01" + bytes(60), "not a JPEG, PNG or WebP"),
    "bitmap": (lambda: encoded(scene(), "BMP"), "not a JPEG, PNG or WebP"),
    "postscript": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 900 700\n", "not a JPEG, PNG or WebP"),
    "bomb_wide": (lambda: png_of(50_000, 50_000), "too many pixels"),
    "bomb_long": (lambda: png_of(50_000, 600), "too many pixels"),
    "bomb_in_the_middle": (lambda: png_of(9_000, 9_000), "too many pixels"),
    "text_bomb": (text_bomb, "damaged or incomplete|not a JPEG"),
    "small": (lambda: jpeg((799, 600)), "too small"),
    "narrow": (lambda: jpeg((1200, 599)), "too small"),
    "truncated_jpeg": (lambda: half(jpeg()), "damaged or incomplete"),
    "truncated_png": (lambda: half(encoded(scene(), "PNG")), "damaged or incomplete"),
    "truncated_webp": (lambda: half(encoded(scene(), "WEBP")), "damaged or incomplete|not a JPEG"),
    "png_without_a_picture": (lambda: png_of(900, 700), "damaged or incomplete"),
    "empty": (lambda: b"", "empty"),
    "one_byte": (lambda: b"\xff", "not a JPEG, PNG or WebP"),
    "zeros": (lambda: bytes(4096), "not a JPEG, PNG or WebP"),
    "moving_webp": (lambda: moving("WEBP"), "moves"),
    "moving_png": (lambda: moving("PNG"), "moves"),
    "eleven_megabytes": (lambda: jpeg() + bytes(11 * 2**20), "larger than 10 MB"),
}
"""What is refused, with words of the sentence that says why."""

CLEANED: dict[str, Callable[[], bytes]] = {
    "jpeg": jpeg,
    "png": lambda: encoded(scene(), "PNG"),
    "webp": lambda: encoded(scene(), "WEBP"),
    "jpeg_then_html": lambda: jpeg() + SCRIPT + PLACE.encode(),
    "jpeg_with_html_in_it": lambda: encoded(scene(), "JPEG", comment=SCRIPT + PLACE.encode()),
    "jpeg_then_zip": jpeg_and_zip,
    "png_then_script": lambda: encoded(scene(), "PNG") + b"/*" + SCRIPT + PLACE.encode() + b"*/",
    "exif_with_gps": with_exif,
    "upside_down": lambda: with_exif(orientation=3),
    "png_with_text": with_text,
    "cmyk": lambda: encoded(scene("CMYK"), "JPEG"),
    "cmyk_with_broken_profile": lambda: encoded(scene("CMYK"), "JPEG", icc_profile=b"no profile" + PLACE.encode()),
    "broken_profile": lambda: encoded(scene(), "JPEG", icc_profile=PLACE.encode() * 40),
    "grey": lambda: encoded(scene("L"), "JPEG"),
    "palette": lambda: encoded(scene("P"), "PNG"),
    "one_bit": lambda: encoded(scene("1"), "PNG"),
    "grey_with_alpha": lambda: encoded(scene("LA"), "PNG"),
    "palette_with_transparency": lambda: encoded(scene("P"), "PNG", transparency=0),
    "sixteen_bits": sixteen_bits,
    "transparent": transparent,
    "phone_with_two_pictures": phone_jpeg,
}
"""What is taken in, and comes out as a plain JPEG with nothing behind or beside the picture."""

NAMES = [
    "../../../etc/passwd.jpg",
    "/etc/cron.d/photo.jpg",
    "..\\..\\windows\\photo.jpg",
    "C:\\photo.jpg",
    "photo.jpg\x00.html",
    "photo\u202egpj.exe",
    "photo.php",
    "photo.svg",
    ".htaccess",
    "a" * 500 + ".jpg",
    "<script>alert(1)</script>.jpg",
    "photo\r\nX-Evil: 1.jpg",
    "CON.jpg",
]
"""Names that a file may come with."""
