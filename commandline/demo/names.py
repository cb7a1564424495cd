"""Invented names of firms and people in seven countries, and what they buy."""

from random import Random

LANGUAGES = {"LT": "lt", "GR": "el", "PL": "pl", "CZ": "cs", "IR": "fa", "GB": "en", "US": "en"}
CURRENCIES = {"LT": "EUR", "GR": "EUR", "PL": "PLN", "CZ": "CZK", "IR": "EUR", "GB": "GBP", "US": "USD"}
COUNTRIES = ("LT",) * 8 + ("GR",) * 4 + ("PL",) * 4 + ("CZ",) * 3 + ("IR",) * 2 + ("GB",) * 2 + ("US",) * 2

FIRST = {
    "LT": ("Rūta", "Jonas", "Eglė", "Mindaugas", "Austėja", "Tomas", "Kotryna", "Žygimantas"),
    "GR": ("Ελένη", "Νίκος", "Μαρία", "Γιώργος", "Κατερίνα", "Δημήτρης"),
    "PL": ("Agnieszka", "Paweł", "Małgorzata", "Łukasz", "Zofia", "Grzegorz"),
    "CZ": ("Jana", "Petr", "Lucie", "Tomáš", "Kateřina", "Jiří"),
    "IR": ("شیرین", "آرش", "سارا", "کاوه", "نیلوفر", "بهرام"),
    "GB": ("Emma", "Oliver", "Harriet", "Callum"),
    "US": ("Ava", "Mason", "Chloe", "Logan"),
}
LAST = {
    "LT": ("Kazlauskas", "Petraitytė", "Žukauskas", "Šimkutė", "Balčiūnas", "Grigaitė"),
    "GR": ("Παπαδόπουλος", "Οικονόμου", "Καραγιάννη", "Βασιλείου"),
    "PL": ("Wójcik", "Kowalczyk", "Żak", "Dąbrowska"),
    "CZ": ("Novák", "Dvořáková", "Černý", "Šťastná"),
    "IR": ("احمدی", "کریمی", "رضایی", "پژمان"),
    "GB": ("Whitfield", "Ashdown", "Pemberton"),
    "US": ("Harlow", "Delgado", "Brennan"),
}
TRADE = {
    "LT": ("Kavinė „{}“", "UAB „{} baldai“", "UAB „{} biuras“", "MB „{}“"),
    "GR": ("{} ΑΕ", "Ταβέρνα {}", "{} ΕΠΕ"),
    "PL": ("{} sp. z o.o.", "Restauracja {}", "Biuro {} S.A."),
    "CZ": ("{} s.r.o.", "Jídelna {}", "{} a.s."),
    "IR": ("شرکت {}", "رستوران {}"),
    "GB": ("{} Catering Ltd", "The {} Kitchen", "{} & Sons"),
    "US": ("{} Supply LLC", "{} Diner Inc.", "{} Office Group"),
}
WORD = {
    "LT": ("Žalias namas", "Ąžuolas", "Senamiestis", "Gintaras", "Neris", "Šaltinis", "Vėtrungė", "Bičių korys"),
    "GR": ("Θάλασσα", "Ελιά", "Αμπέλι", "Ήλιος", "Κύμα"),
    "PL": ("Wiśnia", "Pod Dębem", "Źródło", "Bursztyn", "Łąka"),
    "CZ": ("U Lípy", "Vltava", "Střecha", "Modrý kámen"),
    "IR": ("پارس", "گلستان", "البرز", "نسیم"),
    "GB": ("Copper", "Harbour", "Thistle", "Willow"),
    "US": ("Bluebird", "Cedar", "Lakeside", "Summit"),
}
STREET = {
    "LT": "Savanorių pr. {}, 03154 Vilnius",
    "GR": "Ερμού {}, 10563 Αθήνα",
    "PL": "ul. Długa {}, 31-146 Kraków",
    "CZ": "Dlouhá {}, 110 00 Praha",
    "IR": "تهران، خیابان ولیعصر، پلاک {}",
    "GB": "{} Mill Lane, Leeds LS1 4AP",
    "US": "{} Oak Street, Portland, OR 97205",
}
GOODS = (
    ("Desk lamp, black", 3490), ("Paper A4, 80 g, 5 packs", 2295), ("Chef's knife 20 cm", 5950),
    ("Cutting board, beech", 2790), ("Office chair, grey", 18_900), ("Coffee filters, 1000", 1890),
    ("Stock pot 20 l", 8_450), ("Whiteboard 120 × 90", 6_990), ("Toner, cyan", 9_875), ("Apron, cotton", 1_640),
)  # fmt: skip


def firm(draw: Random, country: str) -> str:
    return draw.choice(TRADE[country]).format(draw.choice(WORD[country]))


def person(draw: Random, country: str) -> str:
    return f"{draw.choice(FIRST[country])} {draw.choice(LAST[country])}"


def address(draw: Random, country: str) -> str:
    return STREET[country].format(draw.randint(1, 180))
