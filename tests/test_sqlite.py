"""How SQLite files are opened."""

import subprocess
import sys


def test_opening_a_store_leaves_pandas_alone(tmp_path):
    code = (
        "import importlib.util, sys\n"
        "from pathlib import Path\n"
        "from rollout.store import Store\n"
        f"Store(Path({str(tmp_path)!r}) / 'store.db').db.close()\n"
        "assert 'sqlite_utils' in sys.modules and 'pandas.core' not in sys.modules\n"
        "if importlib.util.find_spec('pandas'):\n"
        "    import pandas\n"
        "    assert pandas.DataFrame\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
