"""The BrowserGym side of `web.py`, for an interpreter that has browsergym-miniwob: `web_browsergym.py BROWSER PAGES N`.

Plays N episodes of click-button without BrowserGym's own delays and prints one line of JSON:
{"reset": [seconds], "step": [seconds], "solved": share}. It cannot import our packages.
"""

import json
import os
import re
import sys
import tempfile
import time
from pathlib import Path


def main(browser: str, pages: str, episodes: int) -> None:
    os.environ["MINIWOB_URL"] = Path(pages).as_uri() + "/"
    # BrowserGym's chat window starts a second browser from Playwright's own path: point that at the given one.
    link = Path(tempfile.mkdtemp()) / "chromium-1117" / "chrome-linux" / "chrome"
    link.parent.mkdir(parents=True)
    link.symlink_to(browser)
    (link.parents[1] / "INSTALLATION_COMPLETE").touch()
    os.environ["PLAYWRIGHT_BROWSERS_PATH"] = str(link.parents[2])

    import browsergym.miniwob
    import gymnasium

    env = gymnasium.make(
        "browsergym/miniwob.click-button",
        disable_env_checker=True,
        slow_mo=0,
        pre_observation_delay=0.0,
        pw_chromium_kwargs={"executable_path": browser},
    )
    resets, steps, solved = [], [], 0
    for seed in range(episodes):
        began = time.perf_counter()
        seen, _ = env.reset(seed=seed)
        resets.append(time.perf_counter() - began)
        wanted = re.search(r'"(.*?)"', seen["goal"])[1].lower()
        buttons = [
            (node["browsergym_id"], (node.get("name") or {}).get("value", "").strip().lower())
            for node in seen["axtree_object"]["nodes"]
            if node.get("browsergym_id") and node["role"]["value"] == "button"
        ]
        began = time.perf_counter()
        _, reward, *_ = env.step(f"click('{next(bid for bid, name in buttons if name == wanted)}')")
        steps.append(time.perf_counter() - began)
        solved += reward > 0
    env.close()
    print(
        json.dumps({"reset": resets, "step": steps, "solved": solved / episodes, "module": browsergym.miniwob.__name__})
    )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
