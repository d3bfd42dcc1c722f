"""A guest package adds a world and a task format through entry points, in an environment of its own."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from envs.testing import check_env

ROOT = Path(__file__).parent.parent
GUEST = ROOT / "examples" / "guest-gym"


@pytest.fixture(scope="module")
def guest_python(tmp_path_factory) -> Path:
    """A temporary environment that sees this one's packages and has the guest installed by pip."""
    folder = tmp_path_factory.mktemp("guest")
    source = shutil.copytree(GUEST, folder / "source", ignore=shutil.ignore_patterns("build", "*.egg-info"))
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    site = next((folder / "venv" / "lib").glob("python*/site-packages"))
    ours = [p for p in sys.path if p.endswith("site-packages")]
    # `addsitedir` and not a plain path line, so that this checkout's own editable install is seen as well.
    (site / "host.pth").write_text("".join(f"import site; site.addsitedir({p!r})\n" for p in ours))
    install = ["-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--target", site, source]
    subprocess.run([sys.executable, *install], check=True, capture_output=True, text=True)
    return folder / "venv" / "bin" / "python"


def run(python: Path, *arguments: str, **options) -> subprocess.CompletedProcess:
    return subprocess.run([python, *arguments], capture_output=True, text=True, cwd=python.parent, **options)


def test_the_guest_keeps_the_contract(guest_python):
    done = run(guest_python, "-m", "envs.check", "vault")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all is well" in done.stdout


def test_the_guest_is_listed_and_its_task_format_loads(guest_python, tmp_path):
    listed = run(guest_python, "-m", "envs")
    assert "Guest/Vault-v0" in listed.stdout
    assert "guest-codes:PATH" in listed.stdout
    codes = tmp_path / "codes.txt"
    codes.write_text("alpha\nbeta\n")
    done = run(guest_python, "-m", "envs.check", "--tasks", f"guest-codes:{codes}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 tasks" in done.stdout


def test_the_guest_class_passes_unregistered(monkeypatch):
    monkeypatch.syspath_prepend(GUEST)
    import guest_gym

    check_env(guest_gym.VaultEnv, n=5, random=5)
