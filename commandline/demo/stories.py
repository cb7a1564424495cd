"""What the demonstration's customers say is wrong, and what they are told: invented words in six languages."""

from dataclasses import dataclass

from models.disputes import Reason, Remedy


@dataclass(frozen=True, slots=True)
class Story:
    """
    `goods` of `names.GOODS` were billed, `quantity` of them; `claimed` of the price, in cents with tax, is said to be
    wrong. `days_ago` is when.
    """

    days_ago: int
    goods: str
    quantity: int
    claimed: int
    reason: Reason
    wanted: Remedy
    text: str


LAMP, PAPER, KNIFE, BOARD, CHAIR = "Desk lamp, black", "Paper A4", "Chef's knife", "Cutting board", "Office chair"
FILTERS, POT, WHITEBOARD, TONER, APRON = "Coffee filters", "Stock pot", "Whiteboard", "Toner", "Apron"

NEW = Story(
    1, APRON, 12, 5_953, Reason.QUANTITY, Remedy.CREDIT,
    "Zamówiliśmy 12 fartuchów, w paczce było 9. Na liście przewozowej też jest 9, a na fakturze 12.",
)  # fmt: skip
LOOKED_AT = Story(
    6, CHAIR, 4, 45_738, Reason.DAMAGED, Remedy.REPLACEMENT,
    "Two of the four office chairs came with a broken armrest. The box was torn open on one side when the driver"
    " brought it, and he wrote that on his list.",
)  # fmt: skip
ASKED = Story(
    4, LAMP, 4, 8_446, Reason.DEFECTIVE, Remedy.REPLACEMENT,
    "Dvi iš keturių lempų mirksi ir po kelių minučių užgęsta. Bandėme kitas lemputes ir kitus lizdus.",
)  # fmt: skip
WITH_A_DEPARTMENT = Story(
    3, TONER, 2, 11_949, Reason.WRONG_ITEM, Remedy.REPLACEMENT,
    "Παραγγείλαμε δύο τόνερ κυανό. Το ένα είναι ματζέντα, αν και το κουτί γράφει κυανό.",
)  # fmt: skip
OVERDUE = Story(
    26, POT, 1, 10_225, Reason.LATE, Remedy.CREDIT,
    "Hrnec přišel o dvanáct dní později, než jste slíbili. Na svatbu jsme si museli koupit jiný.",
)  # fmt: skip
IN_PART = Story(
    12, PAPER, 20, 8_349, Reason.PRICE, Remedy.CREDIT,
    "Sutarėme dėl 19,50 € už dėžę, o sąskaitoje – 22,95 €. Pasiūlymas su kaina pridedamas.",
)  # fmt: skip
ALREADY_PAID = Story(
    14, FILTERS, 10, 4_574, Reason.QUANTITY, Remedy.CREDIT,
    "We paid for ten boxes of filters and found eight when we put them on the shelf.",
)  # fmt: skip
REFUSED = Story(
    13, CHAIR, 1, 22_869, Reason.SERVICE, Remedy.EXPLANATION,
    "قرار بود صندلی را سر هم کنید و در طبقهٔ سوم تحویل دهید. راننده بسته را جلوی در گذاشت و رفت.",
)  # fmt: skip
DISAGREED = Story(
    16, KNIFE, 2, 14_399, Reason.DEFECTIVE, Remedy.REPLACEMENT,
    "Po dwóch tygodniach na obu nożach pojawiła się rdza, przy samej rękojeści.",
)  # fmt: skip
WITHDRAWN = Story(
    11, BOARD, 3, 10_128, Reason.NOT_RECEIVED, Remedy.REPLACEMENT,
    "Οι τρεις σανίδες κοπής δεν ήρθαν ποτέ, ενώ όλα τα άλλα της παραγγελίας είναι εδώ.",
)  # fmt: skip
COMING_BACK = Story(
    5, WHITEBOARD, 1, 8_458, Reason.WRONG_ITEM, Remedy.RETURN,
    "We ordered the board of 90 by 60. This one is too wide for the wall, and we have not unpacked it fully.",
)  # fmt: skip
CAME_BACK = Story(
    20, BOARD, 4, 13_504, Reason.DEFECTIVE, Remedy.RETURN,
    "Všechna čtyři prkénka se po prvním umytí prohnula a na stole se kolébají.",
)  # fmt: skip
LARGE = Story(
    7, CHAIR, 6, 137_214, Reason.DAMAGED, Remedy.CREDIT,
    "All six chairs stood in the rain before they were brought in. The seats are wet through and smell.",
)  # fmt: skip

QUESTION = (
    "Ačiū, kad parašėte. Ar galite atsiųsti etiketės, kuri yra lempos apačioje, nuotrauką? Taip sužinosime, iš kurios"
    " siuntos lempos, ir patikrinsime likusias."
)
LOOKING = "Thank you for the pictures. We are asking our warehouse how the chairs were packed, and write to you again."
LOOKING_ANSWER = "Thank you. We can keep the two broken ones aside until somebody collects them."
TO_WAREHOUSE = "How were these four chairs packed, and does anybody remember the torn box?"
FROM_WAREHOUSE = (
    "Without corner pads: we had run out of them that week. The box was torn when the van was loaded; it should not"
    " have gone out."
)
TO_PURCHASING = "One of two cyan cartridges is magenta inside. Is that the maker's mistake, and are there more of them?"
NOTE = "Two other customers have lamps of the same delivery that flicker. Asked Service to test ten of them."
FOUND = "Τις βρήκαμε: ήταν στην άλλη αποθήκη μας. Συγγνώμη για την αναστάτωση."

IN_PART_ANSWER = (
    "Jūs teisūs: iki spalio pabaigos galiojo 19,50 €. 12 dėžių išsiuntėme tada, todėl grąžiname jų kainos skirtumą."
    "\n\nLikusias 8 užsakėte lapkritį, kai galiojo nauja kaina. Jos paliekame tokias, kokios yra."
)
PAID_ANSWER = (
    "You are right: our packing list says ten, but the weight of the parcel fits eight boxes. We credit the other two,"
    " and are sorry that you had to count for us."
)
REFUSED_ANSWER = (
    "در سفارش شما «تحویل جلوی در، بدون سر هم کردن» نوشته شده است و قیمت هم بر همین پایه است.\n\nمی‌فهمیم که انتظار"
    " دیگری داشتید. اگر بخواهید، با هزینهٔ جداگانه کسی را برای سر هم کردن می‌فرستیم."
)
RUST_ANSWER = (
    "Noże obejrzał nasz serwis. Ślady przy rękojeści pochodzą ze zmywarki; instrukcja mówi, żeby myć je ręcznie."
    " Dlatego nie możemy ich uznać."
)
RUST_OBJECTION = "Nie mamy zmywarki. Myjemy wszystko ręcznie, w restauracji na dziesięć stolików."
BOARDS_ANSWER = "Prkénka k nám dorazila. Dřevo nebylo dost vysušené, je to vada výroby. Celou částku jsme vám odečetli."
LARGE_ANSWER = "You are right, the chairs were left outside. We credit all six and collect them next week."

PADDING = (
    ("en", "The lamp came with a broken shade. There was nothing around it in the box."),
    ("lt", "Lempos gaubtas įskilęs, dėžėje nebuvo jokio užpildo."),
    ("lt", "Lempa atvyko sudužusi, stiklas byrėjo iš dėžės."),
    ("lt", "Vėl sudužo. Gal verta dėti daugiau popieriaus?"),
    ("el", "Το φωτιστικό ήρθε σπασμένο, μόνο με μια κόλλα χαρτί γύρω του."),
    ("el", "Σπασμένο το ένα από τα δύο. Το κουτί ήταν μαλακό στις γωνίες."),
    ("en", "Cracked at the foot. The box was far too big for it."),
    ("en", "Scratched all over: the lamps were lying on each other."),
    ("en", "Broken again, for the second time this month."),
    ("fa", "چراغ شکسته رسیده است و در جعبه هیچ محافظی نبود."),
    ("fa", "پایهٔ چراغ ترک خورده است."),
    ("en", "The shade is dented. It rattled when the driver handed it over."),
    ("en", "One lamp of four is broken. The other three were fine this time."),
)
PRICES = (
    ("en", "The offer of your sales person says 19.50 for a box of paper."),
    ("el", "Η τιμή δεν είναι αυτή της προσφοράς."),
    ("lt", "Kaina ne ta, kurią sutarėme telefonu."),
    ("en", "Your catalogue still shows the lower price for the paper."),
)
SORRY = {
    "en": "You are right, and we are sorry. This should not have left our house like that.",
    "lt": "Jūs teisūs, atsiprašome. Tokia prekė neturėjo iškeliauti iš mūsų sandėlio.",
    "el": "Έχετε δίκιο και ζητούμε συγγνώμη. Δεν έπρεπε να φύγει έτσι από εμάς.",
    "pl": "Masz rację, przepraszamy. To nie powinno było wyjść od nas w takim stanie.",
    "cs": "Máte pravdu a omlouváme se. Takhle to od nás nemělo odejít.",
    "fa": "حق با شماست و پوزش می‌خواهیم. نباید این‌گونه از انبار ما بیرون می‌رفت.",
}
ANSWERS = {
    "en": "We have looked at what you sent us. {invoice} was packed with too little around it, and that is our fault.",
    "lt": "Peržiūrėjome, ką atsiuntėte. {invoice} prekės buvo supakuotos per silpnai, ir tai mūsų klaida.",
    "el": "Είδαμε όσα μας στείλατε. Τα είδη του {invoice} δεν ήταν καλά συσκευασμένα και το λάθος είναι δικό μας.",
    "pl": "Obejrzeliśmy to, co nam przysłano. Towar z {invoice} był źle zabezpieczony i to nasz błąd.",
    "cs": "Podívali jsme se, co jste nám poslali. Zboží z {invoice} bylo málo chráněné a je to naše chyba.",
    "fa": "آنچه فرستاده بودید دیدیم. کالای {invoice} خوب بسته‌بندی نشده بود و این اشتباه ماست.",
}
