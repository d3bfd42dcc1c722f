"""Questions about comma-separated values, difficulties 2 to 5."""

import posixpath
from collections import Counter, defaultdict

from envs.shell.english import one
from envs.shell.templates.base import Draft, Scene, Template, Unfit, ask, collect, step
from envs.shell.templates.places import sheet_of, untied, values_of

__all__ = ["TABLES"]

TABLES: list[Template] = []


@collect(TABLES, 2)
def distinct_values(scene: Scene) -> Draft:
    """As in "How many different customers are in orders.csv?"."""
    sheet, file, look = sheet_of(scene)
    column = scene.pick(sheet.of_kind("person", "day"))
    number = sheet.index(column) + 1
    prompt = scene.phrase(
        "How many different values does the column {column} have in {file}?",
        "Count the distinct entries of the {column} column in {file}. Do not count the header.",
        "{file} lists {nouns}. How many different values are there in {column}?",
        "In {file}, how many unique values stand under {column}?",
        column=column.name,
        file=scene.name(sheet.path),
        nouns=sheet.nouns,
    )
    commands = (
        f"tail -n +2 {file} | cut -d, -f{number} | sort -u | wc -l",
        f"cut -d, -f{number} {file} | tail -n +2 | sort | uniq | wc -l",
        f"awk -F, 'NR > 1 && !seen[${number}]++ {{n++}} END {{print n}}' {file}",
    )
    steps = [look, step("distinct", scene.pick(commands), save="count", column=column.name, number=number)]
    return ask(prompt, steps, {"kind": "number", "value": len(set(values_of(sheet, column)))}, "«count»")


@collect(TABLES, 2)
def count_rows(scene: Scene) -> Draft:
    """As in "How many orders have the status paid?"."""
    sheet, file, look = sheet_of(scene)
    column = scene.pick(sheet.of_kind("category"))
    value = scene.pick(sorted(set(values_of(sheet, column))))
    number = sheet.index(column) + 1
    prompt = scene.phrase(
        "How many {nouns} in {file} have the {column} {value}?",
        "Count the {nouns} in {file} where {column} is {value}.",
        "{file} has one line per {one}. In how many of them is the {column} {value}?",
        "I need a number: {nouns} with {column} {value} in {file}.",
        nouns=sheet.nouns,
        one=one(sheet.nouns),
        file=scene.name(sheet.path),
        column=column.called,
        value=value,
    )
    commands = (
        f"awk -F, '${number} == \"{value}\"' {file} | wc -l",
        f"cut -d, -f{number} {file} | grep -cx '{value}'",
        f"awk -F, '${number} == \"{value}\" {{n++}} END {{print n}}' {file}",
    )
    steps = [look, step("count-rows", scene.pick(commands), save="count", column=column.name, value=value)]
    return ask(prompt, steps, {"kind": "number", "value": values_of(sheet, column).count(value)}, "«count»")


@collect(TABLES, 3)
def most_common(scene: Scene) -> Draft:
    """As in "Which customer has the most orders?"."""
    sheet, file, look = sheet_of(scene)
    column = scene.pick(sheet.of_kind("category", "person"))
    counts = Counter(values_of(sheet, column))
    untied(list(counts.values()))
    number = sheet.index(column) + 1
    prompt = scene.phrase(
        "Which {column} occurs most often in {file}?",
        "What is the most frequent {column} among the {nouns} in {file}?",
        "Going by {file}, which {column} has the most {nouns}?",
        "Look at {file} and tell me which {column} comes up the most.",
        column=column.called,
        file=scene.name(sheet.path),
        nouns=sheet.nouns,
    )
    commands = (
        f"tail -n +2 {file} | cut -d, -f{number} | sort | uniq -c | sort -rn | head -3",
        f"awk -F, 'NR > 1 {{n[${number}]++}} END {{for (k in n) print n[k], k}}' {file} | sort -rn | head -3",
    )
    find = r"\A\s*\d+ (.+)$"
    steps = [look, step("tally", scene.pick(commands), save="value", find=find, column=column.name)]
    return ask(prompt, steps, {"kind": "text", "value": counts.most_common(1)[0][0]}, "«value»")


@collect(TABLES, 3)
def column_sum(scene: Scene) -> Draft:
    """As in "What is the total of all paid orders?"."""
    sheet, file, look = sheet_of(scene)
    column, group = scene.pick(sheet.of_kind("number")), scene.pick(sheet.of_kind("category"))
    value = scene.pick(sorted(set(values_of(sheet, group))))
    rows = [row for row in sheet.rows if row[sheet.index(group)] == value]
    if len(rows) < 3:
        raise Unfit
    prompt = scene.phrase(
        "What is the sum of {column} over all {nouns} with {group} {value} in {file}?",
        "Add up the {column} of the {nouns} in {file} whose {group} is {value}.",
        "For the books: sum up the {column} of all {nouns} in {file} where {group} is {value}.",
        "In {file}, take only the {nouns} with {group} {value}. What is their total {column}?",
        column=column.called,
        nouns=sheet.nouns,
        group=group.called,
        value=value,
        file=scene.name(sheet.path),
    )
    a, b, form = sheet.index(group) + 1, sheet.index(column) + 1, f"%.{column.decimals}f"
    commands = (
        f'awk -F, \'${a} == "{value}" {{s += ${b}}} END {{printf "{form}\\n", s}}\' {file}',
        f"awk -F, '${a} == \"{value}\" {{print ${b}}}' {file} | awk '{{s += $1}} END {{printf \"{form}\\n\", s}}'",
    )
    words = {"column": column.name, "group": group.name, "value": value}
    steps = [look, step("sum-rows", scene.pick(commands), save="sum", **words)]
    total = sum(round(float(row[sheet.index(column)]) * 100) for row in rows) / 100
    return ask(prompt, steps, {"kind": "number", "value": total}, "«sum»")


@collect(TABLES, 3)
def top_row(scene: Scene) -> Draft:
    """As in "Which order has the highest total?"."""
    sheet, file, look = sheet_of(scene)
    column, key = scene.pick(sheet.of_kind("number")), scene.pick(sheet.of_kind("id"))
    highest = scene.pick((True, False))
    numbers = [float(value) for value in values_of(sheet, column)]
    untied(numbers if highest else [-number for number in numbers])
    prompt = scene.phrase(
        "Which {one} in {file} has the {most} {column}? Give its code from the column {key}.",
        "Find the {one} with the {most} {column} in {file} and tell me its {key}.",
        "What is the {key} of the {one} with the {most} {column}? See {file}.",
        "{file}: {key} of the line with the {most} {column}?",
        one=one(sheet.nouns),
        file=scene.name(sheet.path),
        column=column.called,
        key=key.name,
        most="highest" if highest else "lowest",
    )
    a, b = sheet.index(column) + 1, sheet.index(key) + 1
    reverse = "r" if highest else ""
    commands = (
        f"tail -n +2 {file} | sort -t, -k{a},{a}n{reverse} | cut -d, -f{b},{a} | head -3",
        f"awk -F, 'NR > 1 {{print ${b} \",\" ${a}}}' {file} | sort -t, -k2n{reverse} | head -3",
    )
    if a < b:
        commands = commands[1:]
    words = {"column": column.name, "key": key.name, "most": "highest" if highest else "lowest"}
    steps = [look, step("sort-rows", scene.pick(commands), save="code", find=r"\A([^,]+),", **words)]
    row = sheet.rows[numbers.index((max if highest else min)(numbers))]
    return ask(prompt, steps, {"kind": "text", "value": row[sheet.index(key)]}, "«code»")


@collect(TABLES, 5)
def join_sheets(scene: Scene) -> Draft:
    """As in "Which team has the highest total? The teams are in teams.csv"."""
    sheet, file, look = sheet_of(scene)
    column, person = scene.pick(sheet.of_kind("number")), scene.pick(sheet.of_kind("person"))
    teams = scene.rng.sample(("red", "blue", "green", "amber", "violet", "grey"), 4)
    people = sorted(set(values_of(sheet, person)))
    team_of = {name: scene.rng.choice(teams) for name in people}
    listed = scene.rng.sample(people, len(people))
    target = f"{posixpath.dirname(sheet.path)}/teams.csv"
    text = "name,team\n" + "".join(f"{name},{team_of[name]}\n" for name in listed)
    scene.plant(target, {"text": text, "modified": scene.moment()})
    totals: dict[str, float] = defaultdict(float)
    for row in sheet.rows:
        totals[team_of[row[sheet.index(person)]]] += float(row[sheet.index(column)])
    best, second = sorted(totals.values(), reverse=True)[:2]
    if best - second < 0.02:
        raise Unfit
    prompt = scene.phrase(
        "{file} names the {person} of every {one}, and {target} says which team each of them belongs to. Which team "
        "has the highest total {column}?",
        "Using {file} and {target}, work out the sum of {column} for each team and tell me which team comes first.",
        "Every {person} in {file} is in one of the teams of {target}. Sum the {column} per team: which one is ahead?",
        "Which team in {target} has the largest total {column}, if you add up its members' {nouns} in {file}?",
        file=scene.name(sheet.path),
        target=scene.name(target),
        person=person.called,
        one=one(sheet.nouns),
        nouns=sheet.nouns,
        column=column.called,
    )
    a, b, other = sheet.index(person) + 1, sheet.index(column) + 1, scene.word(target)
    program = f"NR == FNR {{team[$1] = $2; next}} FNR > 1 {{sum[team[${a}]] += ${b}}}"
    print_sums = 'END {for (t in sum) printf "%.2f %s\\n", sum[t], t}'
    words = {"column": column.name, "person": person.name, "file": scene.name(target)}
    steps = [
        look,
        step("head", f"head -4 {other}", file=words["file"]),
        step(
            "join",
            f"awk -F, '{program} {print_sums}' {other} {file} | sort -rn",
            save="team",
            find=r"\A\S+ (.+)$",
            **words,
        ),
    ]
    return ask(prompt, steps, {"kind": "text", "value": max(totals, key=totals.get)}, "«team»")
