"""Scenarios that are never trained on: other trades, folders, columns, keys and people."""

from envs.shell.content.columns import category, day, number, person, serial
from envs.shell.content.names import NOVEL_PEOPLE
from envs.shell.content.parts import Journal, Scenario, Settings, Sheet, Shelf

__all__ = ["NOVEL"]

NOVEL = (
    Scenario(
        "observatory",
        "observatory",
        ("nebula", "comet", "double star", "cluster", "eclipse", "mirror", "dome", "spectrum", "galaxy", "transit"),
        (
            Shelf(
                "plates",
                "plates",
                (".png", ".jpg"),
                ("{word}-{n}", "{day}-{word}"),
                "png",
                subfolders=("zenith", "horizon", "ecliptic"),
            ),
            Shelf("curves", "light curves", (".csv", ".txt"), ("{word}-{n}", "curve-{n}"), "readings"),
            Shelf("logbook", "log pages", (".txt", ".md"), ("{day}", "{word}-remarks", "{day}-{word}"), "notes"),
            Sheet(
                "sightings.csv",
                "sightings",
                (
                    serial("sighting", "S"),
                    person("observer"),
                    category("instrument", "refractor reflector spectrograph"),
                    category("sky", "clear hazy cloudy"),
                    number("exposure", 4, 180),
                    number("magnitude", 1, 14, 1),
                    day("night"),
                ),
            ),
            Journal(
                "dome.log",
                "app",
                ("motor", "shutter", "wind"),
                {
                    "OK": ("turned to position {n}", "exposure {n} ended"),
                    "NOTICE": ("gust during exposure {n}", "slow turn to position {n}"),
                    "FAULT": ("motor stopped at position {n}", "no signal for exposure {n}"),
                },
            ),
            Settings(
                "telescope.ini",
                "ini",
                "the telescope",
                (
                    ("mount", "model", ("altaz", "fork", "equatorial")),
                    ("mount", "slew", ("12", "24", "36")),
                    ("detector", "exposure", ("90", "150", "240")),
                    ("detector", "gain", ("4", "6", "9")),
                    ("dome", "park_at", ("east", "west")),
                    ("dome", "close_above", ("35", "50", "65")),
                ),
            ),
        ),
        NOVEL_PEOPLE,
    ),
    Scenario(
        "theatre",
        "stage",
        ("curtain", "costume", "rehearsal", "spotlight", "prologue", "chorus", "mask", "duel", "balcony", "overture"),
        (
            Shelf(
                "plays",
                "scenes",
                (".txt", ".md"),
                ("act-{n}", "{word}", "{word}-{n}"),
                "notes",
                subfolders=("comedy", "tragedy", "opera"),
            ),
            Shelf("posters", "posters", (".pdf", ".png"), ("{word}-{n}", "season-{n}"), "pdf"),
            Shelf("cues", "sound cues", (".wav", ".txt"), ("cue-{n}", "{word}-cue"), "audio"),
            Sheet(
                "tickets.csv",
                "tickets",
                (
                    serial("ticket", "T"),
                    person("visitor"),
                    category("block", "stalls circle gallery box"),
                    category("play", "Hamlet Tartuffe Medea"),
                    number("seat_number", 11, 240),
                    number("cost", 9, 85, 2),
                    day("evening"),
                ),
            ),
            Journal(
                "lights.log",
                "app",
                ("dimmer", "console", "followspot"),
                {
                    "CUE": ("scene {n} lit", "fade {n} done"),
                    "LATE": ("fade {n} came late", "scene {n} waited"),
                    "FAIL": ("lamp {n} is out", "channel {n} is dead"),
                },
            ),
            Journal(
                "/srv/tickets/logs/visits.log", "access", ("/", "/programme", "/seats", "/book", "/ensemble", "/press")
            ),
            Settings(
                "console.env",
                "env",
                "the light console",
                (
                    ("", "CHANNELS", ("48", "96", "512")),
                    ("", "FADE_SECONDS", ("4", "6", "9")),
                    ("", "HOUSE_LIGHTS", ("warm", "cold", "amber")),
                    ("", "BACKUP_DESK", ("left", "right", "booth")),
                    ("", "REFRESH_HZ", ("25", "30", "44")),
                ),
            ),
        ),
        NOVEL_PEOPLE,
    ),
    Scenario(
        "ferry-line",
        "ferries",
        ("island", "lighthouse", "anchor", "crossing", "timetable", "pier", "cabin", "fog", "lifeboat", "cargo"),
        (
            Shelf(
                "manifests",
                "manifests",
                (".txt", ".csv"),
                ("{day}", "{day}-{word}", "{word}-{n}"),
                "letter",
                subfolders=("outbound", "inbound", "charter"),
            ),
            Shelf("charts", "charts", (".png", ".pdf"), ("{word}-{n}", "chart-{n}"), "png"),
            Shelf("notices", "notices", (".html", ".txt"), ("{word}", "{word}-{n}"), "html"),
            Sheet(
                "crossings.csv",
                "crossings",
                (
                    serial("crossing", "X"),
                    person("captain"),
                    category("vessel", "Gannet Petrel Kittiwake Tern"),
                    category("sea", "calm choppy rough"),
                    number("headcount", 5, 420),
                    number("cargo", 1, 90, 1),
                    day("sailed_on"),
                ),
            ),
            Journal(
                "bridge.log",
                "app",
                ("radar", "engine", "rudder"),
                {
                    "NORMAL": ("waypoint {n} passed", "revolutions at {n}"),
                    "ALERT": ("vessel ahead at waypoint {n}", "pressure low at {n}"),
                    "ALARM": ("engine stopped at waypoint {n}", "no echo at waypoint {n}"),
                },
            ),
            Journal(
                "/srv/ferries/logs/visits.log",
                "access",
                ("/", "/timetable", "/fares", "/islands", "/cargo", "/weather"),
            ),
            Settings(
                "timetable.conf",
                "plain",
                "the timetable",
                (
                    ("", "first_sailing", ("05:40", "06:15", "07:00")),
                    ("", "last_sailing", ("20:30", "21:45", "22:10")),
                    ("", "gap_minutes", ("40", "55", "75")),
                    ("", "home_port", ("Skerry", "Holm", "Northwick")),
                    ("", "max_wind", ("7bft", "8bft", "9bft")),
                ),
            ),
        ),
        NOVEL_PEOPLE,
    ),
    Scenario(
        "clock-museum",
        "clocks",
        ("pendulum", "escapement", "sundial", "hourglass", "chime", "gear", "dial", "spring", "chronometer", "cuckoo"),
        (
            Shelf(
                "objects",
                "object sheets",
                (".md", ".txt"),
                ("{word}-{n}", "object-{n}", "{word}"),
                "notes",
                subfolders=("tower", "pocket", "mantel"),
            ),
            Shelf("ticking", "recordings", (".wav", ".txt"), ("{word}-{n}", "take-{n}"), "audio"),
            Shelf("labels", "labels", (".html", ".txt"), ("{word}", "{word}-label", "{word}-{n}"), "html"),
            Sheet(
                "inventory.csv",
                "clocks",
                (
                    serial("inventory_no", "U"),
                    person("donor"),
                    category("material", "brass oak silver marble"),
                    category("condition", "running stopped broken"),
                    number("year", 1690, 1960),
                    number("weight", 0.2, 95, 1),
                    day("restored_on"),
                ),
            ),
            Journal(
                "climate.log",
                "app",
                ("vitrine", "cellar", "attic"),
                {
                    "GOOD": ("humidity reading {n} fine", "lamp hours at {n}"),
                    "WATCH": ("humidity rising at reading {n}", "door open at reading {n}"),
                    "BAD": ("reading {n} out of range", "reading {n} lost"),
                },
            ),
            Settings(
                "guide.ini",
                "ini",
                "the audio guide",
                (
                    ("audio", "volume", ("55", "65", "75")),
                    ("audio", "voice", ("Iris", "Marlow")),
                    ("tour", "length", ("35", "50", "80")),
                    ("tour", "start", ("tower", "mantel")),
                    ("handset", "lock_after", ("90", "120", "180")),
                    ("handset", "battery_warning", ("12", "18", "22")),
                ),
            ),
        ),
        NOVEL_PEOPLE,
    ),
)
