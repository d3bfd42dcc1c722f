"""`python -m envs.sandbox.image`: a small Debian for sandboxes, made from packages, with no registry."""

import contextlib
import os
import shutil
import subprocess
from pathlib import Path

from envs.cli import main
from envs.errors import UsageError
from envs.sandbox.docker_engine import IMAGE, connect, unreachable
from envs.scratch import scratch_folder

__all__ = ["IMAGE", "build"]

_PACKAGES = "bc bzip2 file gawk git jq less make procps psmisc python3 tree unzip xz-utils zip".split()

_UNNEEDED = "doc info lintian locale man".split()
"""Folders of /usr/share that nothing in a sandbox reads."""

_TRIM = r"""
set -eu
root="$1"
chroot "$root" useradd --uid 1000 --no-create-home --shell /bin/bash user
install -d -o 1000 -g 1000 "$root/home/user"
# Nothing that tells where it was built.
rm -rf "$root"/etc/apt "$root"/etc/machine-id "$root"/etc/hostname "$root"/etc/resolv.conf "$root"/etc/hosts
rm -rf "$root"/var/cache/* "$root"/var/lib/apt "$root"/var/log/* "$root"/run/* "$root"/tmp/*
# Copied into every box, so no more of it than `dpkg -l` needs.
rm -rf "$root"/var/lib/dpkg/*-old "$root"/var/lib/dpkg/info
# A program in /usr must not be chosen by a link in /etc, which the root of a sandbox may change.
find "$root/usr" -lname '/etc/*' | while read -r link; do
    target=$(chroot "$root" readlink -f "${link#"$root"}" || true)
    rm "$link"
    case "$target" in /usr/*) ln -s "$target" "$link" ;; esac
done
find "$root/usr" -type f -perm /6000 -exec chmod ug-s {} +
"""


def build(tag: str = IMAGE, folder: Path | None = None, suite: str = "bookworm") -> None:
    """Build the default image of the sandboxes and import it where a Docker engine answers.

    Args:
        tag: name of the image in Docker.
        folder: leave the tree here as well, for the root of bubblewrap; must not exist or be empty. Needs root.
        suite: Debian release.

    Raises:
        UsageError: a tool is missing, or there is neither an engine nor a folder to put the result in.
    """
    for tool in ("mmdebstrap", "tar"):
        if shutil.which(tool) is None:
            raise UsageError(f"{tool} is not installed: apt-get install {tool}")
    reason = unreachable()
    if reason and folder is None:
        raise UsageError(f"{reason}; or give --folder, for bubblewrap")
    if folder is not None and folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty")
    with scratch_folder() as scratch:
        archive = _bootstrap(Path(scratch), suite)
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            subprocess.run(
                ["tar", "--extract", "--numeric-owner", "--file", archive, "--directory", folder], check=True
            )
            print(f"{folder}: ready")
        if not reason:
            repository, _, version = tag.partition(":")
            with contextlib.closing(connect()) as client, archive.open("rb") as data:
                client.api.import_image_from_data(data, repository=repository, tag=version or "latest")
            print(f"{tag}: ready")


def _bootstrap(scratch: Path, suite: str) -> Path:
    """Make the tree from the machine's own Debian mirror; returns an archive of it."""
    archive, trim = scratch / "root.tar", scratch / "trim.sh"
    trim.write_text(_TRIM)
    # Its own clean-up would trip over what is gone after ours.
    command = ["mmdebstrap", "--quiet", "--skip=cleanup", "--variant=minbase", f"--include={','.join(_PACKAGES)}"]
    command += [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in _UNNEEDED]
    command += [f"--customize-hook=sh '{trim}' \"$1\"", suite, str(archive)]
    # A fixed time: two builds from the same packages are the same image, and no file is newer than a task's.
    subprocess.run(command, check=True, env=os.environ | {"SOURCE_DATE_EPOCH": "1704067200"})
    return archive


if __name__ == "__main__":
    main(build)
