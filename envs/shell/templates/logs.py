"""Questions about logs, and files made from them, difficulties 2 to 5."""

import posixpath
from collections import Counter
from datetime import date, timedelta

from envs.shell.content import JournalFile
from envs.shell.english import say_day
from envs.shell.templates.base import Draft, Scene, Template, Unfit, ask, change, collect, step
from envs.shell.templates.places import untied

__all__ = ["LOGS"]

LOGS: list[Template] = []

_TOP = r"\A\s*\d+ (\S+)$"


def _log(scene: Scene, style: str) -> tuple[JournalFile, str, dict]:
    """A log, its path as a command has it, and the expert's step of looking at its first lines."""
    log = scene.pick([journal for journal in scene.world.journals if journal.style == style])
    look = step("head", f"head -{scene.pick((2, 3))} {scene.word(log.path)}", file=scene.name(log.path))
    return log, scene.word(log.path), look


def _leader(counts: Counter) -> str:
    """The most frequent value, when no other is as frequent."""
    untied(list(counts.values()))
    return counts.most_common(1)[0][0]


@collect(LOGS, 2)
def top_visitor(scene: Scene) -> Draft:
    """As in "Which address made the most requests?"."""
    log, file, look = _log(scene, "access")
    value = _leader(Counter(entry["address"] for entry in log.entries))
    prompt = scene.phrase(
        "Which IP address made the most requests in {log}?",
        "The server is slow. Which address sent the most requests, going by {log}?",
        "Find the client with the most lines in {log}. I need its IP address.",
        "{log}: which IP shows up most often?",
        log=scene.name(log.path),
    )
    commands = (
        f"cut -d' ' -f1 {file} | sort | uniq -c | sort -rn | head -3",
        f"awk '{{print $1}}' {file} | sort | uniq -c | sort -rn | head -{scene.pick((1, 3))}",
        f"awk '{{n[$1]++}} END {{for (a in n) print n[a], a}}' {file} | sort -rn | head -2",
    )
    steps = [
        look,
        step("tally-log", scene.pick(commands), save="top", find=_TOP, what="address", log=scene.name(log.path)),
    ]
    return ask(prompt, steps, {"kind": "text", "value": value}, "«top»")


@collect(LOGS, 3)
def busiest_hour(scene: Scene) -> Draft:
    """As in "In which hour were most errors logged?"."""
    log, file, look = _log(scene, "app")
    level = scene.pick(sorted({entry["level"] for entry in log.entries}))
    hour = _leader(Counter(entry["time"][:2] for entry in log.entries if entry["level"] == level))
    prompt = scene.phrase(
        "In which hour of the day were the most {level} lines written to {log}? Answer with the hour, 00 to 23.",
        "When do the {level} messages in {log} pile up? Give me the hour with the most of them as a number from 00 to "
        "23.",
        "Group the {level} lines of {log} by hour. Which hour (00 to 23) has the most?",
        "I want to know the worst hour in {log}: the one with the most {level} entries. Two digits are enough.",
        level=level,
        log=scene.name(log.path),
    )
    commands = (
        f"grep ' {level} ' {file} | cut -c12-13 | sort | uniq -c | sort -rn | head -3",
        f"awk '$3 == \"{level}\" {{print substr($2, 1, 2)}}' {file} | sort | uniq -c | sort -rn | head -4",
        f"grep ' {level} ' {file} | cut -d' ' -f2 | cut -d: -f1 | sort | uniq -c | sort -rn | head -3",
    )
    steps = [look, step("per-hour", scene.pick(commands), save="top", find=_TOP, level=level)]
    return ask(prompt, steps, {"kind": "number", "value": int(hour)}, "«top»")


@collect(LOGS, 3)
def noisy_source(scene: Scene) -> Draft:
    """As in "Which part of the program logs the most errors?"."""
    log, file, look = _log(scene, "app")
    level = scene.pick(sorted({entry["level"] for entry in log.entries}))
    value = _leader(Counter(entry["source"] for entry in log.entries if entry["level"] == level))
    prompt = scene.phrase(
        "Which component wrote the most {level} lines to {log}? It is the word before the colon.",
        "In {log} the word before the colon says which component is speaking. Which one has the most {level} lines?",
        "Who is behind most of the {level} entries in {log}? Each line names its component before the colon.",
        "Count the {level} lines of {log} per component (the name that ends in a colon) and give me the one on top.",
        level=level,
        log=scene.name(log.path),
    )
    commands = (
        f"grep ' {level} ' {file} | cut -d' ' -f4 | tr -d : | sort | uniq -c | sort -rn",
        f"awk '$3 == \"{level}\" {{n[$4]++}} END {{for (k in n) print n[k], k}}' {file} | tr -d : | sort -rn",
    )
    steps = [look, step("per-source", scene.pick(commands), save="top", find=_TOP, level=level)]
    return ask(prompt, steps, {"kind": "text", "value": value}, "«top»")


@collect(LOGS, 4)
def failing_target(scene: Scene) -> Draft:
    """As in "Which page failed most often with a 5xx status between 8 and 12?"."""
    log, file, look = _log(scene, "access")
    start = scene.rng.randrange(0, 17)
    end = start + scene.rng.randint(4, 7)
    digit, called = scene.pick((("5", "server error (status 5xx)"), ("4", "client error (status 4xx)")))
    hits = [e for e in log.entries if e["status"][0] == digit and start <= int(e["time"][:2]) < end]
    value = _leader(Counter(entry["target"] for entry in hits))
    if value == "/":
        raise Unfit
    prompt = scene.phrase(
        "Which path was answered most often with a {called} between {start}:00 and {end}:00 in {log}?",
        "Look at {log}, only from {start}:00 up to but not including {end}:00. Which requested path has the most "
        "lines with a {called}?",
        "Between {start}:00 and {end}:00 something was wrong. Going by {log}, which path got the most answers with a "
        "{called} in that time?",
        called=called,
        start=f"{start:02}",
        end=f"{end:02}",
        log=scene.name(log.path),
    )
    window = f'substr($4, 14, 2) >= "{start:02}" && substr($4, 14, 2) < "{end:02}"'
    commands = (
        f"awk '$9 ~ /^{digit}/ && {window} {{print $7}}' {file} | sort | uniq -c | sort -rn | head -4",
        f"awk '{window} && $9 >= {digit}00 && $9 < {int(digit) + 1}00 {{print $7}}' {file} | sort | uniq -c | sort -rn",
    )
    all_day = f"awk '{{print $9}}' {file} | sort | uniq -c"
    words = {"digit": digit, "start": f"{start:02}", "end": f"{end:02}"}
    steps = [
        look,
        step("statuses", all_day, log=scene.name(log.path)),
        step("failing", scene.pick(commands), save="top", find=_TOP, **words),
    ]
    return ask(prompt, steps, {"kind": "text", "value": value}, "«top»")


@collect(LOGS, 5)
def suspect_lines(scene: Scene) -> Draft:
    """As in "Find the address with the most 404 answers and write all its lines to suspect.log"."""
    log, file, look = _log(scene, "access")
    status = scene.pick(("404", "500", "304"))
    address = _leader(Counter(entry["address"] for entry in log.entries if entry["status"] == status))
    lines = [line for line in scene.tree.text(log.path).splitlines() if line.startswith(f"{address} ")]
    target = f"{posixpath.dirname(log.path)}/{scene.pick(('suspect', 'client', 'visitor'))}-{status}.log"
    prompt = scene.phrase(
        "Find out which IP address got the most answers with status {status} in {log}, and copy all lines of that "
        "address, whatever their status, to {target} in the order in which they stand.",
        "One client in {log} gets status {status} more often than all others. Save every line that it left in the log "
        "(all statuses) to {target}, without changing their order.",
        "I need a file {target} with the complete trace of one visitor: the IP address with the most {status} lines in "
        "{log}. Keep the lines as they are, in order.",
        status=status,
        log=scene.name(log.path),
        target=scene.name(target),
    )
    out = scene.word(target)
    commands = (f"grep '^«address» ' {file} > {out}", f"awk '$1 == \"«address»\"' {file} > {out}")
    words = {"status": status, "log": scene.name(log.path), "target": scene.name(target)}
    top = f"awk '$9 == {status} {{print $1}}' {file} | sort | uniq -c | sort -rn | head -3"
    steps = [
        look,
        step("top-status", top, save="address", find=_TOP, **words),
        step("save-lines", scene.pick(commands), **words),
        step("check-lines", f"cut -d' ' -f1 {out} | sort | uniq -c", **words),
    ]
    return change(prompt, steps, {target: {"text": "\n".join(lines) + "\n"}})


@collect(LOGS, 5)
def rotate_logs(scene: Scene) -> Draft:
    """As in "Compress the daily logs from before May, delete those of last year"."""
    log = scene.pick(scene.world.journals)
    lines = scene.tree.text(log.path).splitlines(keepends=True)
    folder, stem = f"{posixpath.dirname(log.path)}/daily", posixpath.basename(log.path).removesuffix(".log")
    first = date(2023, scene.rng.randint(2, 11), scene.rng.randint(1, 28))
    days = sorted(first + timedelta(days=n) for n in scene.rng.sample(range(120), scene.rng.randint(8, 11)))
    for day in days:
        text = "".join(scene.rng.sample(lines, min(len(lines), scene.rng.randint(2, 5))))
        scene.plant(f"{folder}/{stem}-{day}.log", {"text": text, "modified": scene.moment()})
    delete, keep = days[scene.rng.randint(2, 3)], days[-scene.rng.randint(2, 3)]
    prompt = scene.phrase(
        "The daily logs in {folder} have their day in the name. Delete those from before {delete}, compress the "
        "others from before {keep} with gzip, and leave the rest alone.",
        "Please rotate the logs in {folder}, going by the date in the file name: everything older than {delete} can be "
        "deleted, what is older than {keep} should be gzipped in place, and newer logs stay as they are.",
        "Clean up {folder}. A log dated before {delete} goes; one dated from then on but before {keep} becomes a .gz; "
        "all from {keep} on are kept untouched. The date in the name counts, not the modification time.",
        folder=scene.name(folder),
        delete=say_day(str(delete)),
        keep=say_day(str(keep)),
    )
    place = scene.word(folder)
    test = '[[ "$f" < "{stem}-{day}.log" ]]'
    rm, pack = (test.format(stem=stem, day=day) for day in (delete, keep))
    words = {"folder": scene.name(folder), "delete": str(delete), "keep": str(keep)}
    one_loop = f'cd {place} && for f in *.log; do if {rm}; then rm "$f"; elif {pack}; then gzip "$f"; fi; done'
    steps = [step("list-logs", f"ls {place}", **words)]
    if scene.pick((True, False)):
        steps.append(step("delete-and-pack", one_loop, **words))
    else:
        steps.append(
            step("delete-old", f'cd {place} && for f in *.log; do if {rm}; then rm "$f"; fi; done; ls | wc -l', **words)
        )
        steps.append(step("pack-older", f'for f in *.log; do if {pack}; then gzip "$f"; fi; done', **words))
    steps.append(step("check-folder", "ls", **words))
    changes: dict = {}
    for day in days:
        path = f"{folder}/{stem}-{day}.log"
        if day < keep:
            changes[path] = None
        if delete <= day < keep:
            changes[f"{path}.gz"] = {"gzip": path}
    return change(prompt, steps, changes)
