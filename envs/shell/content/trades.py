"""Scenarios from other trades, from study and from home."""

from envs.shell.content.columns import category, day, number, person, serial
from envs.shell.content.parts import Journal, Scenario, Settings, Sheet, Shelf

__all__ = ["TRADES"]

TRADES = (
    Scenario(
        "photographer",
        "photos",
        ("wedding", "harbour", "portrait", "market", "forest", "concert", "bridge", "garden", "street", "winter"),
        (
            Shelf(
                "2023",
                "photos",
                (".jpg", ".png"),
                ("{word}-{n}", "img-{n}", "{day}-{word}"),
                "jpeg",
                subfolders=("spring", "summer", "autumn"),
            ),
            Shelf("edited", "edited pictures", (".png", ".jpg"), ("{word}-{n}", "{word}-final"), "png"),
            Shelf("letters", "letters", (".txt", ".pdf"), ("{word}-offer", "{day}-{word}", "{word}-thanks"), "letter"),
            Sheet(
                "invoices.csv",
                "invoices",
                (
                    serial("invoice_no", "F"),
                    person("client"),
                    category("job", "wedding portrait product event"),
                    category("city", "Porto Lyon Ghent Turin"),
                    number("amount", 80, 1900, 2),
                    day("sent_on"),
                ),
            ),
            Journal(
                "import.log",
                "app",
                ("card", "camera", "backup"),
                {
                    "INFO": ("copied picture {n}", "preview {n} made"),
                    "WARNING": ("picture {n} has no date", "picture {n} was copied before"),
                    "ERROR": ("picture {n} is damaged", "cannot read block {n}"),
                },
            ),
            Settings(
                "export.conf",
                "plain",
                "the picture export",
                (
                    ("", "format", ("jpeg", "png", "tiff")),
                    ("", "quality", ("80", "85", "92")),
                    ("", "width", ("1600", "2048", "3000")),
                    ("", "profile", ("srgb", "adobe", "mono")),
                    ("", "target", ("edited", "web", "print")),
                ),
            ),
        ),
    ),
    Scenario(
        "student",
        "study",
        ("algebra", "history", "statistics", "essay", "seminar", "exam", "lecture", "physics", "thesis", "grammar"),
        (
            Shelf(
                "courses",
                "course files",
                (".txt", ".md", ".pdf"),
                ("{word}-{n}", "week-{n}", "{word}-summary"),
                "notes",
                subfolders=("mathematics", "languages", "science"),
            ),
            Shelf("homework", "exercises", (".py", ".txt"), ("{word}_{n}", "exercise_{n}", "{word}"), "python"),
            Shelf("scans", "scans", (".pdf", ".png"), ("{word}-{n}", "page-{n}", "{day}-{word}"), "pdf"),
            Sheet(
                "grades.csv",
                "grades",
                (
                    serial("entry", "G"),
                    person("student"),
                    category("course", "algebra history statistics physics"),
                    category("room", "hall lab library"),
                    number("score", 12, 100),
                    number("effort", 2, 40, 1),
                    day("taken_on"),
                ),
            ),
            Journal(
                "sync.log",
                "app",
                ("upload", "download", "login"),
                {
                    "INFO": ("file {n} sent", "file {n} is up to date"),
                    "WARNING": ("file {n} was changed on both sides", "slow link at file {n}"),
                    "ERROR": ("file {n} refused", "connection lost at file {n}"),
                },
            ),
            Settings(
                "sync.ini",
                "ini",
                "the course sync",
                (
                    ("account", "user", ("student17", "student42", "guest3")),
                    ("account", "campus", ("north", "south", "river")),
                    ("sync", "interval", ("10", "30", "60")),
                    ("sync", "conflicts", ("ask", "newest", "both")),
                    ("limits", "file_size", ("5M", "20M", "80M")),
                    ("limits", "speed", ("200", "500", "900")),
                ),
            ),
        ),
    ),
    Scenario(
        "bakery",
        "bakery",
        ("rye bread", "baguette", "croissant", "muffin", "cheesecake", "flour", "oven", "delivery", "order", "roll"),
        (
            Shelf("recipes", "recipes", (".txt", ".md"), ("{word}", "{word}-{n}", "{word}-new"), "notes"),
            Shelf(
                "pictures",
                "pictures",
                (".jpg", ".png"),
                ("{word}-{n}", "shop-{n}", "{word}"),
                "jpeg",
                subfolders=("shop", "menu", "events"),
            ),
            Shelf("orders", "order forms", (".txt", ".pdf"), ("{day}-{word}", "{day}-{n}", "form-{n}"), "letter"),
            Sheet(
                "exports/sales.csv",
                "sales",
                (
                    serial("receipt", "R"),
                    category("product", "baguette croissant muffin roll rye_bread"),
                    category("counter", "front terrace market"),
                    number("quantity", 2, 60),
                    number("revenue", 3, 140, 2),
                    person("cashier"),
                    day("sold_on"),
                ),
            ),
            Journal(
                "logs/till.log",
                "app",
                ("till", "scale", "printer"),
                {
                    "INFO": ("receipt {n} printed", "drawer opened for receipt {n}"),
                    "WARNING": ("paper low at receipt {n}", "receipt {n} printed twice"),
                    "ERROR": ("card refused for receipt {n}", "no weight for receipt {n}"),
                },
            ),
            Settings(
                "till.conf",
                "plain",
                "the till",
                (
                    ("", "currency", ("EUR", "CHF", "GBP")),
                    ("", "vat", ("7", "10", "19", "21")),
                    ("", "printer", ("usb", "network")),
                    ("", "copies", ("2", "3")),
                    ("", "closing_time", ("18:00", "18:30", "20:00")),
                ),
            ),
        ),
    ),
    Scenario(
        "home-computer",
        "stuff",
        ("holiday", "recipe", "invoice", "insurance", "garden", "bicycle", "school", "birthday", "kitchen", "rent"),
        (
            Shelf(
                "downloads",
                "downloads",
                (".pdf", ".txt", ".jpg"),
                ("{word}-{n}", "download-{n}", "{word}"),
                "pdf",
                subfolders=("old", "new", "later"),
            ),
            Shelf("notes", "notes", (".txt", ".md"), ("{word}", "{day}-{word}", "{word}-ideas"), "notes"),
            Shelf("sounds", "recordings", (".wav", ".txt"), ("memo-{n}", "{word}-{n}"), "audio"),
            Sheet(
                "money/expenses.csv",
                "expenses",
                (
                    serial("receipt", "E"),
                    category("kind", "food rent travel clothes books"),
                    category("method", "card cash transfer"),
                    number("amount", 2, 420, 2),
                    person("payee"),
                    day("paid_on"),
                ),
            ),
            Journal(
                "heating.log",
                "app",
                ("boiler", "pump", "sensor"),
                {
                    "INFO": ("cycle {n} ended", "reading {n} stored"),
                    "WARNING": ("cycle {n} was short", "reading {n} is late"),
                    "ERROR": ("no flame in cycle {n}", "reading {n} is missing"),
                },
            ),
            Settings(
                "heating.conf",
                "plain",
                "the heating",
                (
                    ("", "day_temperature", ("19", "20", "21")),
                    ("", "night_temperature", ("15", "16", "17")),
                    ("", "night_from", ("21:30", "22:00", "23:00")),
                    ("", "sensor", ("hall", "kitchen", "study")),
                    ("", "report_every", ("30", "60", "90")),
                ),
            ),
        ),
    ),
)
