"""Files made from comma-separated values, difficulties 3 to 5."""

import posixpath
from collections import Counter

from envs.shell.templates.base import Draft, Scene, Template, Unfit, change, collect, step
from envs.shell.templates.places import sheet_of, values_of

__all__ = ["SHEETS"]

SHEETS: list[Template] = []


@collect(SHEETS, 3)
def extract_rows(scene: Scene) -> Draft:
    """As in "Write all paid orders to paid.csv, with the header"."""
    sheet, file, look = sheet_of(scene)
    column = scene.pick(sheet.of_kind("category"))
    value = scene.pick(sorted(set(values_of(sheet, column))))
    rows = [row for row in sheet.rows if row[sheet.index(column)] == value]
    target = f"{posixpath.dirname(sheet.path)}/{value.lower().replace(' ', '-')}.csv"
    if len(rows) < 2 or target in scene.tree:
        raise Unfit
    prompt = scene.phrase(
        "Write all {nouns} from {file} with {column} {value} to {target}. Keep the header line and the order.",
        "Make a file {target} with the header of {file} and only those lines whose {column} is {value}, in the same "
        "order.",
        "I need the {nouns} with {column} {value} by themselves. Take them from {file} and save them, below the "
        "same header, as {target}.",
        "Please filter {file}: {column} {value} only, header included, result in {target}.",
        nouns=sheet.nouns,
        file=scene.name(sheet.path),
        column=column.called,
        value=value,
        target=scene.name(target),
    )
    number, out = sheet.index(column) + 1, scene.word(target)
    commands = (
        f"awk -F, 'NR == 1 || ${number} == \"{value}\"' {file} > {out}",
        f"(head -1 {file}; awk -F, '${number} == \"{value}\"' {file}) > {out}",
        f"head -1 {file} > {out} && awk -F, 'NR > 1 && ${number} == \"{value}\"' {file} >> {out}",
    )
    words = {"column": column.name, "value": value, "target": scene.name(target)}
    steps = [
        look,
        step("filter-rows", scene.pick(commands), **words),
        step("check-file", f"head -3 {out}; wc -l < {out}", file=words["target"]),
    ]
    lines = [",".join(column.name for column in sheet.columns), *map(",".join, rows)]
    return change(prompt, steps, {target: {"text": "\n".join(lines) + "\n"}})


@collect(SHEETS, 4)
def summary_file(scene: Scene) -> Draft:
    """As in "Count the orders per country and write the table to countries.txt, largest first"."""
    sheet, file, look = sheet_of(scene)
    column = scene.pick(sheet.of_kind("category"))
    counts = Counter(values_of(sheet, column)).most_common()
    if len({n for _, n in counts}) < len(counts) or any(" " in value for value, _ in counts):
        raise Unfit
    mark, called = scene.pick(((" ", "a space"), (",", "a comma"), (":", "a colon")))
    target = f"{posixpath.dirname(sheet.path)}/{column.name}-count.txt"
    prompt = scene.phrase(
        "Count the {nouns} in {file} for each {column} and write the result to {target}: one {column} a line, then "
        "{mark} and the number, as in {value}{sign}5. The highest number comes first.",
        "I need a small table in {target}. For every {column} in {file} it should have a line like {value}{sign}5 (the "
        "{column}, {mark}, the number of {nouns}), sorted from the highest number to the lowest.",
        "Make {target} from {file}: how many {nouns} there are of each {column}, most frequent first, one per line in "
        "the form {value}{sign}5, without a header.",
        nouns=sheet.nouns,
        file=scene.name(sheet.path),
        column=column.called,
        target=scene.name(target),
        mark=called,
        sign=mark,
        value=counts[0][0],
    )
    number, out = sheet.index(column) + 1, scene.word(target)
    tally = f"tail -n +2 {file} | cut -d, -f{number} | sort | uniq -c | sort -rn"
    by_awk = f"awk -F, 'NR > 1 {{n[${number}]++}} END {{for (k in n) print n[k], k}}' {file} | sort -rn"
    commands = [f"{tallied} | awk '{{print $2 \"{mark}\" $1}}' > {out}" for tallied in (tally, by_awk)]
    steps = [
        look,
        step("tally", tally, column=column.name),
        step("write-tally", scene.pick(commands), target=scene.name(target), column=column.name),
        step("check-file", f"cat {out}", file=scene.name(target)),
    ]
    text = "".join(f"{value}{mark}{n}\n" for value, n in counts)
    return change(prompt, steps, {target: {"text": text}})


@collect(SHEETS, 5)
def merge_sheets(scene: Scene) -> Draft:
    """As in "Merge the monthly files into one with a single header, sorted by date"."""
    sheet, _, _ = sheet_of(scene)
    column = scene.pick(sheet.of_kind("day"))
    position, number = sheet.index(column), sheet.index(column) + 1
    days: set[str] = set()
    rows = [row for row in sheet.rows if not (row[position] in days or days.add(row[position]))]
    rows = scene.rng.sample(rows, min(len(rows), 24))
    header = ",".join(column.name for column in sheet.columns)
    folder = f"{posixpath.dirname(sheet.path)}/parts"
    parts = 3
    for n in range(parts):
        lines = [header, *(",".join(row) for row in rows[n::parts])]
        path = f"{folder}/{sheet.nouns.replace(' ', '-')}-{n + 1}.csv"
        scene.plant(path, {"text": "\n".join(lines) + "\n", "modified": scene.moment()})
    target = f"{posixpath.dirname(sheet.path)}/{sheet.nouns.replace(' ', '-')}-all.csv"
    prompt = scene.phrase(
        "Merge the csv files in {folder} into {target}. It must have the header once, at the top, and then all lines "
        "sorted by {column}, earliest first.",
        "The {nouns} are spread over several files in {folder}. Put them into one file {target}, with a single header "
        "line, ordered by {column} from the earliest to the latest.",
        "I would like one file instead of the pieces in {folder}: {target}, header first (only once), then every line "
        "in the order of {column}, oldest on top. Leave the pieces where they are.",
        folder=scene.name(folder),
        target=scene.name(target),
        nouns=sheet.nouns,
        column=column.name,
    )
    place, out = scene.word(folder), scene.word(target)
    first = f"{place}/{sheet.nouns.replace(' ', '-')}-1.csv"
    commands = (
        f"(head -1 {first}; tail -q -n +2 {place}/*.csv | sort -t, -k{number},{number}) > {out}",
        f"head -1 {first} > {out} && tail -q -n +2 {place}/*.csv | sort -t, -k{number},{number} >> {out}",
        f"(head -1 {first}; awk 'FNR > 1' {place}/*.csv | sort -t, -k{number},{number}) > {out}",
    )
    words = {"folder": scene.name(folder), "target": scene.name(target), "column": column.name}
    steps = [
        step("look", f"ls {place}; wc -l {place}/*.csv | tail -1", folder=words["folder"]),
        step("heads", f"head -n 2 {place}/*.csv", folder=words["folder"]),
        step("merge-sheets", scene.pick(commands), **words),
        step(
            "check-file",
            f"head -3 {out}; wc -l < {out}; grep -c '^{sheet.columns[0].name},' {out}",
            file=words["target"],
        ),
    ]
    lines = [header, *(",".join(row) for row in sorted(rows, key=lambda row: row[position]))]
    return change(prompt, steps, {target: {"text": "\n".join(lines) + "\n"}})
