"""Questions about JSON files, difficulties 3 and 4."""

import json
from collections import Counter

from envs.shell.content.grow import SheetFile
from envs.shell.templates.base import Draft, Scene, Template, Unfit, ask, collect, step
from envs.shell.templates.places import untied, values_of

__all__ = ["DOCUMENTS"]

DOCUMENTS: list[Template] = []


def document_of(scene: Scene) -> tuple[SheetFile, str, str]:
    """A JSON file with the rows of a sheet, its path, and its path as Python writes it from the home."""
    sheet = scene.pick(scene.world.sheets)
    path = sheet.path.removesuffix(".csv") + ".json"
    if path in scene.tree or not sheet.path.endswith(".csv"):
        raise Unfit
    names = [column.name for column in sheet.columns]
    rows = [dict(zip(names, row, strict=True)) for row in sheet.rows]
    written = json.dumps({"source": sheet.path.rpartition("/")[2], "rows": rows}, indent=2) + "\n"
    scene.plant(path, {"text": written, "modified": scene.moment()})
    return sheet, path, scene.word(path)


def look(scene: Scene, path: str, word: str) -> dict:
    """The expert's step of looking at how the file begins."""
    return step("json-head", f"head -c {scene.pick((200, 240, 300))} {word}", file=scene.name(path))


def python(code: str, word: str) -> str:
    """A command that runs a line of Python on the parsed file, `d`."""
    return f"python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); {code}' {word}"


@collect(DOCUMENTS, 3)
def count_in_json(scene: Scene) -> Draft:
    """As in "How many orders in orders.json are paid?"."""
    sheet, path, word = document_of(scene)
    column = scene.pick(sheet.of_kind("category"))
    value = scene.pick(sorted(set(values_of(sheet, column))))
    prompt = scene.phrase(
        "How many of the {nouns} in {file} have {column} {value}?",
        "{file} is a JSON file. Count the {nouns} whose {column} is {value}.",
        "I need a number from {file}: the {nouns} with {column} {value}.",
        "Going by {file}, for how many {nouns} is the {column} {value}?",
        nouns=sheet.nouns,
        file=scene.name(path),
        column=column.called,
        value=value,
    )
    field = f'"{column.name}"'
    commands = (
        python(f'print(sum(row[{field}] == "{value}" for row in d["rows"]))', word),
        python(f'print(len([r for r in d["rows"] if r[{field}] == "{value}"]))', word),
        f"grep -cF '{field}: \"{value}\"' {word}",
    )
    words = {"column": column.name, "value": value}
    steps = [look(scene, path, word), step("json-count", scene.pick(commands), save="count", **words)]
    return ask(prompt, steps, {"kind": "number", "value": values_of(sheet, column).count(value)}, "«count»")


@collect(DOCUMENTS, 4)
def most_common_in_json(scene: Scene) -> Draft:
    """As in "Which country do most orders in orders.json come from?"."""
    sheet, path, word = document_of(scene)
    column = scene.pick(sheet.of_kind("category", "person"))
    counts = Counter(values_of(sheet, column))
    untied(list(counts.values()))
    prompt = scene.phrase(
        "Which {column} do most of the {nouns} in {file} have?",
        "Look at the JSON in {file}: which {column} comes up most often?",
        "What is the most frequent {column} among the {nouns} of {file}?",
        "From {file} I would like to know the {column} with the most {nouns}.",
        column=column.called,
        nouns=sheet.nouns,
        file=scene.name(path),
    )
    field = f'"{column.name}"'
    count = "from collections import Counter; n = Counter"
    commands = (
        python(f'{count}(row[{field}] for row in d["rows"]); print(n.most_common(1)[0][0])', word),
        python(f'v = [row[{field}] for row in d["rows"]]; print(max(set(v), key=v.count))', word),
        f"grep -oP '{field}: \"\\K[^\"]+' {word} | sort | uniq -c | sort -rn | head -1 | sed 's/^ *[0-9]* //'",
    )
    steps = [look(scene, path, word), step("json-tally", scene.pick(commands), save="value", column=column.name)]
    return ask(prompt, steps, {"kind": "text", "value": counts.most_common(1)[0][0]}, "«value»")
