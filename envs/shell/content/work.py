"""Scenarios from people who work with computers and data."""

from envs.shell.content.columns import category, day, number, person, serial
from envs.shell.content.parts import Journal, Scenario, Settings, Sheet, Shelf

__all__ = ["WORK"]

_APP = {
    "INFO": ("request {n} done", "session {n} opened", "item {n} stored"),
    "WARNING": ("request {n} took long", "cache miss for item {n}", "retry for item {n}"),
    "ERROR": ("no answer for request {n}", "item {n} not found", "session {n} broke off"),
}
_SITE = ("/", "/pricing", "/blog", "/contact", "/img/logo.png", "/api/items", "/login", "/search", "/feed.xml")

WORK = (
    Scenario(
        "webshop-developer",
        "projects/shop",
        ("cart", "checkout", "invoice", "catalog", "basket", "discount", "customer", "stock", "payment", "refund"),
        (
            Shelf(
                "src",
                "source files",
                (".py", ".sh"),
                ("{word}", "{word}_view", "{word}_{n}"),
                "python",
                subfolders=("core", "views", "tools"),
            ),
            Shelf("static", "style files", (".css", ".html"), ("{word}", "{word}-page", "{word}-{n}"), "css"),
            Shelf("docs", "pages", (".md", ".txt"), ("{word}", "{word}-notes", "{day}-{word}"), "notes"),
            Sheet(
                "data/orders.csv",
                "orders",
                (
                    serial("order_no", "A"),
                    person("customer"),
                    category("country", "Portugal Spain France Italy Poland"),
                    category("status", "paid open shipped cancelled"),
                    number("amount", 8, 400, 2),
                    day("ordered_on"),
                ),
            ),
            Journal("logs/app.log", "app", ("billing", "mailer", "search", "login"), _APP),
            Journal("logs/access.log", "access", ("/", "/cart", "/checkout", "/items", "/api/stock", "/login")),
            Settings(
                "config/shop.ini",
                "ini",
                "the shop",
                (
                    ("server", "host", ("127.0.0.1", "0.0.0.0")),
                    ("server", "port", ("8080", "8000", "5000", "9090")),
                    ("server", "workers", ("2", "4", "6", "8")),
                    ("database", "name", ("shop", "shop_live", "orders")),
                    ("database", "timeout", ("10", "20", "30", "45")),
                    ("mail", "sender", ("shop@example.org", "noreply@example.org")),
                    ("mail", "retries", ("2", "3", "5")),
                ),
            ),
        ),
    ),
    Scenario(
        "web-server-admin",
        "server",
        ("landing", "pricing", "contact", "support", "blog", "press", "jobs", "terms", "status", "partners"),
        (
            Shelf(
                "/srv/www/site",
                "pages",
                (".html", ".css"),
                ("{word}", "{word}-{n}"),
                "html",
                subfolders=("public", "archive", "drafts"),
            ),
            Shelf("/srv/www/assets", "pictures", (".png", ".jpg"), ("{word}-{n}", "{word}-banner"), "png"),
            Shelf("scripts", "scripts", (".sh", ".py"), ("check-{word}", "deploy-{word}", "{word}-{n}"), "shell"),
            Sheet(
                "certificates.csv",
                "certificates",
                (
                    serial("serial", "C-"),
                    category("host", "www.example.org api.example.org shop.example.org mail.example.org"),
                    category("issuer", "Northgate Clearsign Halden"),
                    number("price", 9, 160, 2),
                    person("owner"),
                    day("issued_on"),
                ),
            ),
            Journal("/srv/www/logs/access.log", "access", _SITE),
            Settings(
                "nginx/site.conf",
                "block",
                "the web server",
                (
                    ("server", "listen", ("8080", "8081", "8443")),
                    ("server", "server_name", ("www.example.org", "example.org")),
                    ("server", "client_max_body_size", ("2m", "8m", "16m")),
                    ("server", "keepalive_timeout", ("15", "30", "65")),
                    ("gzip", "gzip_comp_level", ("3", "5", "6")),
                    ("gzip", "gzip_min_length", ("256", "512", "1024")),
                ),
            ),
        ),
    ),
    Scenario(
        "biology-lab",
        "lab",
        ("enzyme", "yeast", "culture", "growth", "sample", "buffer", "plate", "control", "protein", "strain"),
        (
            Shelf(
                "runs",
                "measurements",
                (".csv", ".txt"),
                ("{word}-{n}", "run-{n}", "{day}-{word}"),
                "readings",
                subfolders=("monday", "wednesday", "friday"),
            ),
            Shelf("protocols", "protocols", (".md", ".txt"), ("{word}-protocol", "{word}-{n}", "{word}"), "notes"),
            Shelf("figures", "figures", (".png", ".pdf"), ("figure-{n}", "{word}-plot", "{word}-{n}"), "png"),
            Sheet(
                "results/samples.csv",
                "samples",
                (
                    serial("sample_id", "L"),
                    person("assistant"),
                    category("medium", "agar broth water"),
                    category("outcome", "positive negative unclear failed"),
                    number("temperature", 4, 41, 1),
                    number("volume", 10, 500),
                    day("taken_on"),
                ),
            ),
            Journal(
                "logs/reader.log",
                "app",
                ("scanner", "heater", "shaker"),
                {
                    "INFO": ("plate {n} read", "target reached at step {n}"),
                    "WARNING": ("plate {n} read twice", "slow heating at step {n}"),
                    "ERROR": ("plate {n} not readable", "lid open at step {n}"),
                },
            ),
            Settings(
                "reader.ini",
                "ini",
                "the plate reader",
                (
                    ("scan", "wavelength", ("405", "450", "600")),
                    ("scan", "repeats", ("2", "3", "5")),
                    ("scan", "mode", ("absorbance", "fluorescence")),
                    ("heat", "target", ("30", "37", "42")),
                    ("heat", "minutes", ("10", "15", "45")),
                    ("output", "folder", ("runs", "incoming")),
                    ("output", "format", ("csv", "tsv")),
                ),
            ),
        ),
    ),
    Scenario(
        "backup-operator",
        "backups",
        ("accounts", "website", "mail", "wiki", "calendar", "billing", "photos", "inventory", "tickets", "payroll"),
        (
            Shelf(
                "/srv/backups",
                "dumps",
                (".txt", ".csv"),
                ("{word}-{n}", "{day}-{word}", "{word}-dump"),
                "notes",
                subfolders=("daily", "weekly", "monthly"),
            ),
            Shelf("scripts", "scripts", (".sh", ".py"), ("backup-{word}", "verify-{word}", "{word}-{n}"), "shell"),
            Shelf("reports", "reports", (".txt", ".pdf", ".md"), ("{day}", "{word}-report", "{day}-{word}"), "notes"),
            Sheet(
                "volumes.csv",
                "volumes",
                (
                    serial("volume_id", "V"),
                    category("kind", "full incremental mirror"),
                    category("site", "north south cellar"),
                    number("size", 3, 900),
                    person("operator"),
                    day("written_on"),
                ),
            ),
            Journal(
                "logs/backup.log",
                "app",
                ("tape", "network", "verify", "rotate"),
                {
                    "INFO": ("volume {n} written", "volume {n} verified"),
                    "WARNING": ("volume {n} nearly full", "slow link for volume {n}"),
                    "ERROR": ("checksum of volume {n} is wrong", "volume {n} cannot be opened"),
                },
            ),
            Settings(
                "backup.env",
                "env",
                "the backup",
                (
                    ("", "TARGET", ("/srv/backups", "/mnt/vault")),
                    ("", "KEEP_DAILY", ("5", "14", "21")),
                    ("", "KEEP_WEEKLY", ("4", "6", "8")),
                    ("", "COMPRESS", ("gzip", "xz", "zstd")),
                    ("", "START_HOUR", ("2", "3", "23")),
                    ("", "MAIL_TO", ("ops@example.org", "night@example.org")),
                ),
            ),
        ),
    ),
    Scenario(
        "api-team",
        "work/api",
        ("token", "account", "webhook", "schema", "route", "client", "upload", "export", "quota", "report"),
        (
            Shelf(
                "service",
                "modules",
                (".py", ".txt"),
                ("{word}", "{word}_test", "{word}_{n}"),
                "python",
                subfolders=("handlers", "models", "tests"),
            ),
            Shelf("notes", "meeting notes", (".md", ".txt"), ("{day}", "{day}-{word}", "{word}-plan"), "notes"),
            Sheet(
                "usage/clients.csv",
                "clients",
                (
                    serial("client_id", "K"),
                    person("contact"),
                    category("plan", "free basic plus enterprise"),
                    category("region", "emea apac americas"),
                    number("traffic", 120, 98000),
                    number("fee", 5, 900, 2),
                    day("joined_on"),
                ),
            ),
            Journal("/srv/api/logs/service.log", "app", ("auth", "router", "storage", "worker"), _APP),
            Journal(
                "/srv/api/logs/access.log",
                "access",
                ("/v1/items", "/v1/users", "/v1/export", "/v2/items", "/health", "/v1/token"),
            ),
            Settings(
                "deploy/service.env",
                "env",
                "the service",
                (
                    ("", "PORT", ("8000", "8088", "9000")),
                    ("", "LOG_LEVEL", ("debug", "info", "warning")),
                    ("", "MAX_UPLOAD", ("10M", "25M", "50M")),
                    ("", "CACHE_SECONDS", ("60", "300", "900")),
                    ("", "REGION", ("emea", "apac", "americas")),
                    ("", "POOL_SIZE", ("5", "10", "20")),
                ),
            ),
        ),
    ),
)
