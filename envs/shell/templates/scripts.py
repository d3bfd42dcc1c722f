"""Small scripts to be written. They are run on files that the agent never saw, difficulties 4 and 5."""

import posixpath
from collections import Counter

from envs.shell.content import SheetFile
from envs.shell.templates.base import Draft, Scene, Template, change, collect, step
from envs.shell.tree import HOME

__all__ = ["SCRIPTS"]

SCRIPTS: list[Template] = []

_HIDDEN = "/tmp/unseen"


def _write(path: str, *lines: str) -> str:
    """A command that writes a bash script."""
    return f"cat > {path} << 'EOF'\n#!/bin/bash\n" + "\n".join(lines) + "\nEOF"


def _target(scene: Scene, *names: str) -> str:
    return f"{HOME}/{scene.pick(names)}.sh"


@collect(SCRIPTS, 4)
def script_count_level(scene: Scene) -> Draft:
    """As in "Write a script that prints how many lines of a log have a level"."""
    log = scene.pick([journal for journal in scene.world.journals if journal.style == "app"])
    path = _target(scene, "count-level", "levels", "howmany")
    levels = sorted({entry["level"] for entry in log.entries})
    level = scene.pick(levels)
    prompt = scene.phrase(
        "Write a bash script {path}. Its first argument is a log like {log}, its second a level such as {level}; it "
        "prints the number of lines with that level, and nothing else.",
        "I need a bash script {path} that is called as {name} LOG LEVEL and prints how many lines of LOG have this "
        "level. The logs look like {log}.",
        "Please write {path} (bash): given a log in the form of {log} and a level like {level}, it prints how often "
        "that level occurs as the level of a line, as a plain number.",
        path=scene.name(path),
        name=posixpath.basename(path),
        log=scene.name(log.path),
        level=level,
    )
    file, out = scene.word(log.path), scene.word(path)
    bodies = (
        'awk -v level="$2" \'$3 == level\' "$1" | wc -l',
        'cut -d" " -f3 "$1" | grep -cx -- "$2"',
        'awk -v level="$2" \'$3 == level {n++} END {print n + 0}\' "$1"',
    )
    words = {"script": scene.name(path), "log": scene.name(log.path), "level": level, "file": scene.name(log.path)}
    steps = [
        step("head", f"head -3 {file}", **words),
        step("write-count", _write(out, scene.pick(bodies)), **words),
        step("try-script", f"bash {out} {file} {level}; grep -c ' {level} ' {file}", **words),
    ]
    lines = scene.tree.text(log.path).splitlines()
    # A level in the message of another line must not be counted, and a level that is not there gives 0.
    tricky = f"{log.entries[0]['day']} 23:59:59 {levels[0]} {log.entries[0]['source']}: {levels[-1]} was not meant"
    runs = []
    for number, wanted in enumerate((levels[-1], levels[0], "ABSENT")):
        sample = [*scene.rng.sample(lines, min(len(lines), 15)), tricky]
        count = sum(line.split(" ")[2] == wanted for line in sample)
        runs.append(_run([f"{_HIDDEN}-{number}.log", wanted], {f"{_HIDDEN}-{number}.log": sample}, str(count)))
    return change(prompt, steps, {path: {"runs": runs}})


@collect(SCRIPTS, 5)
def script_sum_column(scene: Scene) -> Draft:
    """As in "Write a script that adds up a column of a csv file, given its name"."""
    sheet = scene.pick(scene.world.sheets)
    path = _target(scene, "sum-column", "total", "addup")
    column = scene.pick(sheet.of_kind("number"))
    prompt = scene.phrase(
        "Write a bash script {path} that is called with a csv file and the name of a column, and prints the sum of "
        "that column with two decimals. The files have a header like {file}; the column may be at any place.",
        "I need a bash script {path}. Called as {name} FILE COLUMN it adds up the numbers in the column with that "
        "name (FILE has a header line, as {file} does) and prints the sum with two digits after the point.",
        "Please write {path} in bash. Arguments: a csv file with a header, such as {file}, and a column name, such as "
        "{column}. Output: the total of the column, with two decimals, alone.",
        path=scene.name(path),
        name=posixpath.basename(path),
        file=scene.name(sheet.path),
        column=column.name,
    )
    file, out = scene.word(sheet.path), scene.word(path)
    program = 'NR == 1 {for (i = 1; i <= NF; i++) if ($i == name) c = i; next} {s += $c} END {printf "%.2f\\n", s}'
    by_cut = (
        'n=$(head -1 "$1" | tr , "\\n" | grep -nx -- "$2" | cut -d: -f1)',
        'tail -n +2 "$1" | cut -d, -f"$n" | awk \'{s += $1} END {printf "%.2f\\n", s}\'',
    )
    body = scene.pick(((f'awk -F, -v name="$2" \'{program}\' "$1"',), by_cut))
    words = {"script": scene.name(path), "file": scene.name(sheet.path), "nouns": sheet.nouns, "column": column.name}
    steps = [
        step("header", f"head -3 {file}", **words),
        step("write-sum", _write(out, *body), **words),
        step("try-script", f"bash {out} {file} {column.name}", **words),
    ]
    runs = []
    for number in range(3):
        columns = scene.rng.sample(sheet.columns, len(sheet.columns))
        rows = scene.rng.sample(sheet.rows, 8)
        lines = [",".join(c.name for c in columns), *(",".join(row[sheet.index(c)] for c in columns) for row in rows)]
        total = sum(round(float(row[sheet.index(column)]) * 100) for row in rows) / 100
        name = f"{_HIDDEN}-{number}.csv"
        runs.append(_run([name, column.name], {name: lines}, f"{total:.2f}"))
    return change(prompt, steps, {path: {"runs": runs}})


@collect(SCRIPTS, 5)
def script_tally(scene: Scene) -> Draft:
    """As in "Write a script that prints how often each value of a column occurs, most frequent first"."""
    sheet = scene.pick(scene.world.sheets)
    column = scene.pick(
        [c for c in sheet.of_kind("category") if not any(" " in v for v in c.values) and len(c.values) > 2]
    )
    number = sheet.index(column) + 1
    path = _target(scene, "tally", "frequencies", "per-value")
    prompt = scene.phrase(
        "Write a bash script {path}. Given a csv file and the number of a column, it prints each value of the column "
        "with its number of occurrences, as value=count, one per line, the most frequent first. The header does not "
        "count. {file} is an example of the files.",
        "I need a bash script {path}, called as {name} FILE N. It counts the values in column N of a csv file with a "
        "header (such as {file}) and prints lines like {value}=4 in descending order of the count.",
        path=scene.name(path),
        name=posixpath.basename(path),
        file=scene.name(sheet.path),
        value=column.values[0],
    )
    file, out = scene.word(sheet.path), scene.word(path)
    bodies = (
        'tail -n +2 "$1" | cut -d, -f"$2" | sort | uniq -c | sort -rn | awk \'{print $2 "=" $1}\'',
        'awk -F, -v c="$2" \'NR > 1 {n[$c]++} END {for (k in n) print k "=" n[k]}\' "$1" | sort -t= -k2 -rn',
    )
    words = {"script": scene.name(path), "file": scene.name(sheet.path), "nouns": sheet.nouns, "column": column.name}
    steps = [
        step("header", f"head -3 {file}", **words),
        step("write-tally-script", _write(out, scene.pick(bodies)), **words),
        step("try-script", f"bash {out} {file} {number}", **words),
    ]
    runs = [_tally_run(scene, sheet, number, turn) for turn in range(2)]
    return change(prompt, steps, {path: {"runs": runs}})


def _tally_run(scene: Scene, sheet: SheetFile, number: int, turn: int) -> dict:
    """A held-out file for the tally in which no two values are equally frequent."""
    values = scene.rng.sample(sheet.columns[number - 1].values, 3)
    counts = dict(zip(values, scene.rng.sample(range(2, 12), 3), strict=True))
    template = list(sheet.rows[turn])
    rows = [[*template[: number - 1], value, *template[number:]] for value, n in counts.items() for _ in range(n)]
    lines = [",".join(column.name for column in sheet.columns), *map(",".join, scene.rng.sample(rows, len(rows)))]
    name = f"{_HIDDEN}-{turn}.csv"
    output = "\n".join(f"{value}={n}" for value, n in Counter(counts).most_common())
    return _run([name, str(number)], {name: lines}, output)


def _run(arguments: list[str], files: dict[str, list[str]], output: str) -> dict:
    texts = {path: "\n".join(lines) + "\n" for path, lines in files.items()}
    return {"arguments": arguments, "files": texts, "output": output}
