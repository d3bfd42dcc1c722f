"""Processes: who runs, stopping one of several, starting one, difficulties 2 to 5."""

import posixpath

from envs.shell.templates.base import Draft, Scene, Template, ask, change, collect, step

__all__ = ["PROCESSES"]

PROCESSES: list[Template] = []

_WORKER = """import signal
import sys

# Waits for work on {what} until it is told to stop.
print("ready:", *sys.argv[1:], flush=True)
signal.pause()
"""
_NAMES = ("worker", "watcher", "mailer", "indexer", "syncer", "resizer")
_QUEUES = ("mail", "images", "reports", "orders", "search", "billing", "thumbnails", "exports")


def _script(scene: Scene, what: str) -> tuple[str, str]:
    """A script that runs until it is stopped, planted in a folder bin: its path and its name."""
    name = f"{scene.pick(_NAMES)}.py"
    path = f"{posixpath.dirname(scene.pick(scene.world.shelves).path)}/bin/{name}"
    scene.plant(path, {"text": _WORKER.format(what=what), "mode": "755", "modified": scene.moment()})
    return path, name


@collect(PROCESSES, 2)
def count_processes(scene: Scene) -> Draft:
    """As in "How many copies of worker.py are running?"."""
    path, name = _script(scene, "a queue")
    queues = scene.rng.sample(_QUEUES, scene.rng.randint(3, 6))
    jobs = {q: {"argv": ["python3", path, q], "cwd": posixpath.dirname(path)} for q in queues[:-1]}
    other = path.replace(name, f"{scene.pick([n for n in _NAMES if not name.startswith(n)])}.py")
    scene.plant(other, {"text": _WORKER.format(what="a folder"), "mode": "755", "modified": scene.moment()})
    jobs["other"] = {"argv": ["python3", other, queues[-1]], "cwd": posixpath.dirname(path)}
    prompt = scene.phrase(
        "How many processes are running {name} at the moment?",
        "Count the running copies of {name}.",
        "I started {name} a few times. How many of these processes are still there?",
        "Please check how many instances of {name} are running.",
        name=name,
    )
    bracketed = f"[{name[0]}]{name[1:]}"
    commands = (f"ps -eo args | grep -c '{bracketed}'", f"pgrep -fc '{bracketed}'", f"pgrep -f '{bracketed}' | wc -l")
    steps = [
        step("processes", "ps -eo args | grep '[p]ython3' | sort", name=name),
        step("count-processes", scene.pick(commands), save="count", name=name),
    ]
    return ask(prompt, steps, {"kind": "number", "value": len(jobs) - 1}, "«count»", jobs=jobs)


@collect(PROCESSES, 3)
def which_argument(scene: Scene) -> Draft:
    """As in "Which queue does the worker in ~/photos/raw serve?"."""
    path, name = _script(scene, "a queue")
    shelves = scene.some(scene.world.shelves, 2, 3)
    queues = scene.rng.sample(_QUEUES, len(shelves))
    jobs = {q: {"argv": ["python3", path, "--queue", q], "cwd": s.path} for q, s in zip(queues, shelves, strict=True)}
    chosen = scene.rng.randrange(len(shelves))
    prompt = scene.phrase(
        "Several {name} processes are running, each in a folder of its own. Which queue does the one in {folder} "
        "serve?",
        "Find the {name} process whose working directory is {folder}. What is its --queue?",
        "One of the running {name} processes works in {folder}. I need to know the queue that it was started with.",
        "Which --queue was given to the {name} process that runs in {folder}?",
        name=name,
        folder=scene.name(shelves[chosen].path),
    )
    pattern = f"[{name[0]}]{name[1:]}"
    loop = f"for p in $(pgrep -f '{pattern}'); do echo \"$(readlink /proc/$p/cwd) $(ps -o args= -p $p)\"; done | sort"
    by_proc = (
        f"for p in $(pgrep -f '{pattern}'); do echo \"$(readlink /proc/$p/cwd) $(tr '\\0' ' ' < /proc/$p/cmdline)\"; "
        "done | sort"
    )
    find = rf"^{shelves[chosen].path} .*--queue (\S+)"
    words = {"name": name, "folder": scene.name(shelves[chosen].path)}
    steps = [
        step("processes", f"ps -eo args | grep '{pattern}' | sort", **words),
        step("working-folders", scene.pick((loop, by_proc)), save="queue", find=find, **words),
    ]
    return ask(prompt, steps, {"kind": "text", "value": queues[chosen]}, "«queue»", jobs=jobs)


@collect(PROCESSES, 3)
def stop_one(scene: Scene) -> Draft:
    """As in "Stop the worker for the queue mail, leave the others running"."""
    path, name = _script(scene, "a queue")
    queues = scene.rng.sample(_QUEUES, scene.rng.randint(3, 4))
    jobs = {q: {"argv": ["python3", path, "--queue", q], "cwd": posixpath.dirname(path)} for q in queues}
    chosen = scene.pick(queues)
    prompt = scene.phrase(
        "Stop the {name} process of the queue {queue}. The other ones must go on running.",
        "There are several {name} processes. Please end the one for the queue {queue}, and only that one.",
        "Kill the {name} that serves {queue}; do not touch the rest.",
        "The {queue} queue is to be taken down: stop its {name} process, but none of the others.",
        name=name,
        queue=chosen,
    )
    pattern = f"[{name[0]}]{name[1:]}"
    commands = (
        f"pkill -f '{pattern} --queue {chosen}'",
        f"kill $(pgrep -f '{pattern} --queue {chosen}')",
        f"pgrep -f '{pattern} --queue {chosen}' | xargs kill",
    )
    listed = f"ps -eo args | grep '{pattern}' | sort"
    words = {"name": name, "queue": chosen}
    steps = [
        step("processes", listed, **words),
        step("stop", f"{scene.pick(commands)}; sleep 0.3", **words),
        step("check-stopped", listed, **words),
    ]
    return change(prompt, steps, jobs=jobs, stopped=(chosen,))


@collect(PROCESSES, 4)
def stop_in_folder(scene: Scene) -> Draft:
    """As in "Stop the worker that runs in ~/photos/raw", all having the same command line."""
    path, name = _script(scene, "a folder")
    shelves = scene.some(scene.world.shelves, 2, 4)
    jobs = {s.path: {"argv": ["python3", path, "--watch", "."], "cwd": s.path} for s in shelves}
    chosen = scene.pick(shelves).path
    prompt = scene.phrase(
        "Several copies of {name} are running with the same arguments, each in another working directory. Stop the "
        "one that runs in {folder} and leave the others alone.",
        "Each running {name} watches the folder that it was started in. End the process that watches {folder}; the "
        "rest goes on.",
        "I want to move {folder}, so the {name} process that has it as its working directory must be stopped first. "
        "Only this one.",
        name=name,
        folder=scene.name(chosen),
    )
    pattern = f"[{name[0]}]{name[1:]}"
    loop = f"for p in $(pgrep -f '{pattern}'); do"
    place = chosen if "/home" not in chosen else f"$HOME{chosen.removeprefix('/home/user')}"
    words = {"name": name, "folder": scene.name(chosen)}
    commands = (
        f'{loop} [ "$(readlink /proc/$p/cwd)" = "{place}" ] && kill $p; done; sleep 0.3',
        f'{loop} if [ /proc/$p/cwd -ef "{place}" ]; then kill $p; fi; done; sleep 0.3',
    )
    steps = [
        step("processes", f"ps -eo args | grep '{pattern}' | sort", **words),
        step("working-folders", f"{loop} readlink /proc/$p/cwd; done | sort", **words),
        step("stop-in", scene.pick(commands), **words),
        step("check-stopped", f"{loop} readlink /proc/$p/cwd; done | sort", **words),
    ]
    return change(prompt, steps, jobs=jobs, stopped=(chosen,))


@collect(PROCESSES, 5)
def start_from_settings(scene: Scene) -> Draft:
    """As in "Start worker.py in the background with the queue and level that its settings name"."""
    path, name = _script(scene, "a queue")
    queue, level = scene.pick(_QUEUES), scene.pick(("debug", "quiet", "verbose", "normal"))
    other = scene.pick([q for q in _QUEUES if q != queue])
    settings, log = path.replace(".py", ".conf"), path.replace(".py", ".log")
    text = f"# {name}\n#queue = {other}\nqueue = {queue}\nlevel = {level}\nretries = {scene.rng.randint(2, 9)}\n"
    scene.plant(settings, {"text": text, "modified": scene.moment()})
    jobs = {
        "running": {"argv": ["python3", path, "--queue", other, "--level", "normal"], "cwd": posixpath.dirname(path)}
    }
    prompt = scene.phrase(
        "Start {script} with python3 in the background, as --queue QUEUE --level LEVEL with the values from "
        "{settings}. Its output, errors included, goes to {log}. The process that is already running stays.",
        "{script} should run in the background with the options --queue and --level, in this order. Take their values "
        "from {settings} and send all output to {log}. Do not stop the copy that is running for another queue.",
        "Please launch a second copy of {script} in the background (python3, arguments --queue and then --level). "
        "{settings} has the values. Write stdout and stderr to {log}.",
        script=scene.name(path),
        settings=scene.name(settings),
        log=scene.name(log),
    )
    script, out = scene.word(path), scene.word(log)
    arguments = "--queue «queue» --level «level»"
    commands = (
        f"nohup python3 {script} {arguments} > {out} 2>&1 &",
        f"python3 {script} {arguments} > {out} 2>&1 &",
        f"setsid python3 {script} {arguments} > {out} 2>&1 &",
    )
    file = scene.word(settings)
    words = {"name": name, "settings": scene.name(settings), "log": scene.name(log)}
    steps = [
        step("read-settings", f"cat {file}", save="queue", find=r"^queue = (\S+)", **words),
        step("read-level", f"grep '^level' {file}", save="level", find=r"^level = (\S+)", **words),
        step("start", f"{scene.pick(commands)} sleep 0.5", **words),
        step("check-started", f"ps -eo args | grep '[{name[0]}]{name[1:]}' | sort; cat {out}", **words),
    ]
    started = ({"script": path, "arguments": ["--queue", queue, "--level", level]},)
    said = {"text": f"ready: --queue {queue} --level {level}\n"}
    return change(prompt, steps, {log: said}, jobs=jobs, started=started)
