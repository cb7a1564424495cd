"""Pictures and papers that the demonstration's customers send with their cases: drawn here, of nothing real."""

from collections.abc import Sequence
from io import BytesIO
from random import Random
from typing import TYPE_CHECKING

from models import files
from models.files import Checked
from models.gateways.glyphs import FONTS

if TYPE_CHECKING:
    from PIL.Image import Image

SIZE, SENT = (960, 720), (640, 480)
FLOOR, CARTON, EDGE, TAPE, INSIDE = (142, 128, 112), (190, 148, 98), (150, 112, 70), (222, 205, 170), (92, 68, 44)
PAPER_SIZE = (827, 1169)  # A4 at 100 dots for an inch.


def torn_box() -> Checked:
    """A carton on a floor, open at one corner."""
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", SIZE, FLOOR)
    draw = ImageDraw.Draw(picture)
    for y in range(0, 720, 90):
        draw.line([(0, y), (960, y + 30)], fill=(128, 115, 100), width=3)
    draw.polygon([(170, 250), (640, 190), (840, 300), (380, 380)], fill=(208, 168, 118))
    draw.polygon([(170, 250), (380, 380), (370, 640), (180, 480)], fill=EDGE)
    draw.polygon([(380, 380), (840, 300), (820, 540), (370, 640)], fill=CARTON)
    draw.polygon([(400, 220), (450, 214), (650, 330), (600, 340)], fill=TAPE)
    torn = [(840, 300), (760, 312), (742, 352), (770, 380), (748, 420), (785, 452), (776, 500), (830, 470)]
    draw.polygon(torn, fill=INSIDE)
    draw.line([*torn[1:], torn[1]], fill=(228, 200, 160), width=7)
    draw.rectangle((430, 440, 580, 540), fill=(244, 242, 236))
    for line, length in enumerate((120, 90, 110, 60, 100)):
        draw.line([(445, 458 + 16 * line), (445 + length, 454 + 16 * line)], fill=(70, 70, 74), width=4)
    return _photo(picture, "box.jpg")


def broken_arm() -> Checked:
    """An armrest in two pieces before a seat."""
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", SIZE, (202, 198, 190))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 520, 960, 720), fill=FLOOR)
    draw.rounded_rectangle((150, 330, 640, 450), 46, fill=(86, 90, 96))
    draw.rounded_rectangle((160, 60, 300, 380), 40, fill=(98, 102, 108))
    draw.rectangle((360, 450, 400, 600), fill=(60, 62, 66))
    draw.line([(250, 640), (380, 590), (520, 640)], fill=(60, 62, 66), width=22, joint="curve")
    draw.rounded_rectangle((560, 220, 700, 256), 16, fill=(38, 40, 44))
    draw.polygon([(610, 256), (640, 256), (640, 340), (622, 328), (612, 346)], fill=(38, 40, 44))
    draw.polygon([(700, 580), (860, 556), (866, 588), (730, 616), (716, 600), (694, 606)], fill=(38, 40, 44))
    draw.line([(612, 340), (622, 326), (640, 342)], fill=(236, 236, 232), width=6)
    draw.line([(700, 582), (716, 600), (694, 606)], fill=(236, 236, 232), width=6)
    return _photo(picture, "armrest.jpg")


def dark_lamp() -> Checked:
    """A desk lamp that gives no light, and its plug."""
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", SIZE, (74, 72, 78))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 540, 960, 720), fill=(118, 88, 62))
    draw.ellipse((340, 560, 600, 640), fill=(24, 24, 28))
    draw.line([(470, 590), (400, 380), (560, 210)], fill=(28, 28, 32), width=20, joint="curve")
    draw.polygon([(500, 170), (620, 130), (720, 260), (540, 300)], fill=(20, 20, 24))
    draw.ellipse((560, 236, 690, 312), fill=(96, 94, 88))
    draw.line([(560, 610), (700, 650), (860, 610)], fill=(18, 18, 20), width=10, joint="curve")
    draw.rectangle((850, 590, 910, 634), fill=(232, 230, 226))
    return _photo(picture, "lempa.jpg")


def offer() -> Checked:
    """An offer with a price, one page."""
    lines = (
        *("Baltic Supply UAB", "", "Pasiūlymas Nr. 1184", "", "Popierius A4, 80 g, 5 pakuotės dėžėje"),
        *("Kaina už dėžę: 19,50 EUR be PVM", "Nuo 20 dėžių pristatymas nemokamas", "", "Galioja iki spalio 31 d."),
    )
    return _paper(lines, "pasiulymas.pdf")


def _photo(picture: "Image", name: str) -> Checked:
    """As a telephone takes it: a little blurred, with grain, and checked as whatever is handed in."""
    from PIL import Image, ImageFilter

    noise = Image.frombytes("L", (240, 180), Random(name).randbytes(240 * 180)).resize(SIZE).convert("RGB")
    drawn, sent = Image.blend(picture, noise, 0.08).resize(SENT).filter(ImageFilter.GaussianBlur(0.8)), BytesIO()
    drawn.save(sent, "JPEG", quality=80)
    return files.check(name, sent.getvalue(), None)


def _paper(lines: Sequence[str], name: str) -> Checked:
    from PIL import Image, ImageDraw, ImageFont

    page = Image.new("L", PAPER_SIZE, 255)
    draw = ImageDraw.Draw(page)
    for place, line in enumerate(lines):
        font = ImageFont.truetype(FONTS / "Inter-Regular.ttf", 34 if place == 0 else 24)
        draw.text((90, 110 + 44 * place), line, fill=20, font=font)
    sent = BytesIO()
    page.save(sent, "PDF", resolution=100)
    return files.check(name, sent.getvalue(), None)
