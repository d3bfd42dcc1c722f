"""Questions of the `novel` split, none of which any other split has. Difficulties 1 to 5."""

from envs.db.domains.columns import Category, Date, Number
from envs.db.english import article, plural
from envs.db.templates.base import Draft, Scene, Template, Unfit, collect, literal, step
from envs.db.templates.conditions import any_of, between, equal
from envs.db.templates.drafts import read
from envs.db.templates.joins import join

__all__ = ["NOVEL_READS"]

NOVEL_READS: list[Template] = []


@collect(NOVEL_READS, 1)
def list_between(scene: Scene) -> Draft:
    """As in "Which ships have a tonnage between 20000 and 30000?"."""
    table, column = scene.column(lambda t: t.of_kind(Number), named=True)
    condition = between(scene, table, column)
    query = f"SELECT {table.key} FROM {table.name} WHERE {condition.sql}"
    prompt = scene.phrase(
        "Which {many} {pred}?",
        "List the {many} {mod}.",
        "Find all {many} {mod}.",
        "Give me the {keys} of the {many} {mod}.",
        many=table.many,
        keys=plural(table.label.called),
        pred=condition.pred,
        mod=condition.mod,
    )
    words = {"table": table.name, "where": condition.sql, "many": table.many, "key": table.key}
    return read(scene, prompt, query, [step("filter", query, **words)])


@collect(NOVEL_READS, 1)
def first_or_last_day(scene: Scene) -> Draft:
    """As in "What is the earliest air date of all episodes?"."""
    table, column = scene.column(lambda t: t.of_kind(Date))
    first = scene.rng.random() < 0.5
    function = "MIN" if first else "MAX"
    query = f"SELECT {function}({column.name}) FROM {table.name}"
    prompt = scene.phrase(
        "What is the {word} {noun} of all {many}?",
        "Find the {word} {noun} among the {many}.",
        "Tell me the {word} {noun} of any {one}.",
        "Looking at all {many}, what is the {word} {noun}?",
        word="earliest" if first else "latest",
        noun=column.called,
        many=table.many,
        one=table.noun,
    )
    words = {"function": function, "column": column.name, "table": table.name, "noun": column.called}
    return read(scene, prompt, query, [step("extreme", query, **words)])


@collect(NOVEL_READS, 2)
def count_either(scene: Scene) -> Draft:
    """As in "How many actors live in Quito or Perth?"."""
    table, column = scene.column(lambda t: t.of_kind(Category))
    values = scene.values(table, column)
    if len(values) < 3:
        raise Unfit
    a, b = scene.rng.sample(values, 2)
    query = f"SELECT COUNT(*) FROM {table.name} WHERE {column.name} IN ({literal(a)}, {literal(b)})"
    either = f"{column.say(a)} or {column.say(b)}"
    prompt = scene.phrase(
        "How many {many} {pred}?",
        "Count the {many} {who} {pred}.",
        "What is the number of {many} {who} {pred}?",
        "I want to know how many {many} {pred}.",
        many=table.many,
        who=table.who,
        pred=column.pred.format(v=either),
    )
    words = {"table": table.name, "column": column.name, "either": either, "many": table.many}
    looks = equal(scene, table, column, a).checks
    return read(scene, prompt, query, [*looks, step("either", query, **words)])


@collect(NOVEL_READS, 2)
def list_except(scene: Scene) -> Draft:
    """As in "List all wines except those that are red."."""
    table, column = scene.column(lambda t: t.of_kind(Category), named=True)
    condition = equal(scene, table, column)
    query = f"SELECT {table.key} FROM {table.name} WHERE {column.name} <>{condition.test.removeprefix('=')}"
    prompt = scene.phrase(
        "List all {many} except those {mod}.",
        "Which {many} are there apart from those {mod}?",
        "Leaving out the {many} {mod}, which {many} are there?",
        "Give me the {keys} of all {many} except the ones {mod}.",
        many=table.many,
        mod=condition.mod,
        keys=plural(table.label.called),
    )
    words = {"table": table.name, "column": column.name, "where": condition.sql, "many": table.many}
    return read(scene, prompt, query, [*condition.checks, step("except", query, **words)])


@collect(NOVEL_READS, 3)
def spread(scene: Scene) -> Draft:
    """As in "How far apart are the highest and the lowest daily fee of the guides?"."""
    table, column = scene.column(lambda t: t.measures if t.of_kind(Category) else [])
    condition = equal(scene, table, scene.pick(table.of_kind(Category)))
    query = f"SELECT MAX({column.name}) - MIN({column.name}) FROM {table.name} WHERE {condition.sql}"
    prompt = scene.phrase(
        "What is the difference between the {high} and the {low} {noun} of the {many} {mod}?",
        "How far apart are the {high} and the {low} {noun} of the {many} {mod}?",
        "For the {many} {mod}, subtract the {low} {noun} from the {high}.",
        "Among the {many} {mod}, how large is the gap between the {high} and the {low} {noun}?",
        high=column.highest,
        low=column.lowest,
        noun=column.called,
        many=table.many,
        mod=condition.mod,
    )
    words = {"table": table.name, "column": column.name, "where": condition.sql, "many": table.many}
    return read(scene, prompt, query, [*condition.checks, step("spread", query, **words)])


@collect(NOVEL_READS, 3)
def share(scene: Scene) -> Draft:
    """As in "What percentage of the donations were paid in cash? Round to one decimal."."""
    table, column = scene.column(lambda t: t.of_kind(Category))
    condition = equal(scene, table, column)
    query = f"SELECT ROUND(100.0 * SUM({condition.sql}) / COUNT(*), 1) AS percent FROM {table.name}"
    prompt = scene.phrase(
        "What percentage of the {many} {pred}? Round to one decimal.",
        "Of all {many}, how many percent {pred}? Round to one decimal.",
        "Give the share of {many} {mod} in percent, rounded to one decimal.",
        "In percent, rounded to one decimal: how large a part of the {many} {pred}?",
        many=table.many,
        pred=condition.pred,
        mod=condition.mod,
    )
    words = {"table": table.name, "where": condition.sql, "many": table.many}
    return read(scene, prompt, query, [*condition.checks, step("share", query, **words)])


@collect(NOVEL_READS, 3)
def latest_child(scene: Scene) -> Draft:
    """As in "On which date was the last donation made by Leila Sato?"."""
    child, ref, parent = scene.family(parent=lambda p: p.label, child=lambda c: c.of_kind(Date))
    column = scene.pick(child.of_kind(Date))
    row = scene.row(parent, f"id IN (SELECT {ref.name} FROM {child.name} GROUP BY {ref.name} HAVING COUNT(*) > 1)")
    query = f"SELECT MAX({child.name}.{column.name}) {join(child, ref, parent)}"
    query += f" WHERE {parent.name}.{parent.key} = {literal(row[parent.key])}"
    prompt = scene.phrase(
        "What is the latest {noun} among the {many} {mod}?",
        "Among the {many} {mod}, find the most recent {noun}.",
        "Look at the {many} {mod}: what is the latest {noun}?",
        "Tell me the most recent {noun} of the {many} {mod}.",
        noun=column.called,
        many=child.many,
        mod=ref.mod.format(v=scene.name(parent, row)),
    )
    words = {"child": child.name, "parent": parent.name, "ref": ref.name, "name": row[parent.key]}
    return read(scene, prompt, query, [step("latest", query, **words, column=column.name)])


@collect(NOVEL_READS, 4)
def closest(scene: Scene) -> Draft:
    """As in "Which wine has the price closest to 50 euros?"."""
    table, column = scene.column(lambda t: t.measures, named=True)
    values = scene.values(table, column)
    target = round(scene.rng.uniform(values[0], values[-1]), -len(str(int(values[-1]))) + 1) or column.step
    target = int(target) if target == int(target) else target
    gap = f"ABS({column.name} - {target})"
    gaps = [row[0] for row in scene.query(f"SELECT {gap} FROM {table.name} ORDER BY 1 LIMIT 2")]
    if len(gaps) < 2 or gaps[0] == gaps[1]:
        raise Unfit
    query = f"SELECT {table.key} FROM {table.name} ORDER BY {gap} LIMIT 1"
    prompt = scene.phrase(
        "Which {one} has {a_noun} closest to {v}?",
        "Find the {one} whose {noun} is nearest to {v}.",
        "The {noun} of which {one} comes closest to {v}?",
        "I am looking for the {one} whose {noun} is the closest to {v}.",
        one=table.noun,
        noun=column.called,
        a_noun=article(column.called),
        v=column.say(target),
    )
    words = {"table": table.name, "column": column.name, "target": str(target), "one": table.noun}
    look = f"SELECT MIN({column.name}), MAX({column.name}) FROM {table.name}"
    return read(scene, prompt, query, [step("bounds", look, **words), step("closest", query, **words)])


@collect(NOVEL_READS, 4)
def children_per_parent(scene: Scene) -> Draft:
    """As in "How many ships do the companies own on average? Count those with none too. Round to two decimals."."""
    child, ref, parent = scene.family()
    condition = equal(scene, parent, scene.pick([c for c in parent.plain_categories if c.mod]))
    inner = f"SELECT id FROM {parent.name} WHERE {condition.sql}"
    parents, children = (
        f"SELECT COUNT(*) FROM ({inner})",
        f"SELECT COUNT(*) FROM {child.name} WHERE {ref.name} IN ({inner})",
    )
    query = f"SELECT ROUND(1.0 * ({children}) / ({parents}), 2) AS average"
    if scene.query(parents)[0][0] < 2:
        raise Unfit
    prompt = scene.phrase(
        "On average, how many {many} are there per {one} {mod}? {rest}",
        "Work out the average number of {many} for the {parents} {mod}. {rest}",
        "Taking only {parents} {mod}, how many {many} are there per {one}, on average? {rest}",
        "What is the mean number of {many} per {one}, looking only at {parents} {mod}? {rest}",
        many=child.many,
        one=parent.noun,
        parents=parent.many,
        mod=condition.mod,
        rest=f"{parent.many.capitalize()} with none count too; round to two decimals.",
    )
    words = {"child": child.name, "parent": parent.name, "ref": ref.name, "where": condition.sql, "many": parent.many}
    steps = [
        step(
            "how-many",
            f"SELECT COUNT(*) FROM {parent.name} WHERE {condition.sql}",
            table=parent.name,
            where=condition.sql,
        )
    ]
    return read(scene, prompt, query, [*steps, step("per-parent", query, **words)])


@collect(NOVEL_READS, 4)
def both_kinds(scene: Scene) -> Draft:
    """As in "Which growers make both wines that are red and wines that are white?"."""
    child, ref, parent = scene.family(parent=lambda p: p.label, child=lambda c: c.of_kind(Category))
    column = scene.pick(child.of_kind(Category))
    values = scene.values(child, column)
    if len(values) < 2:
        raise Unfit
    a, b = (equal(scene, child, column, value) for value in scene.rng.sample(values, 2))
    inside = [f"id IN (SELECT {ref.name} FROM {child.name} WHERE {condition.sql})" for condition in (a, b)]
    query = f"SELECT {parent.key} FROM {parent.name} WHERE {inside[0]} AND {inside[1]}"
    prompt = scene.phrase(
        "Which {parents} {verb} both {many} {a} and {many} {b}?",
        "List the {parents} {who} {verb} {many} {a} and also {many} {b}.",
        "Find all {parents} {who} {verb} {many} {a} as well as {many} {b}.",
        "Give me the {keys} of the {parents} {who} {verb} both {many} {a} and {many} {b}.",
        parents=parent.many,
        verb=ref.verb,
        many=child.many,
        a=a.mod,
        b=b.mod,
        who=parent.who,
        keys=plural(parent.label.called),
    )
    words = {"child": child.name, "parent": parent.name, "ref": ref.name, "first": a.sql, "second": b.sql}
    look = step(
        "distinct-values", f"SELECT DISTINCT {column.name} FROM {child.name}", table=child.name, column=column.name
    )
    return read(scene, prompt, query, [look, step("both", query, **words, many=parent.many)])


@collect(NOVEL_READS, 5)
def some_but_none(scene: Scene) -> Draft:
    """As in "Which guides have led climbs, but none that were broken off?"."""
    child, ref, parent = scene.family(parent=lambda p: p.label)
    condition = any_of(scene, child, Category, Number)
    part = f"SELECT {ref.name} FROM {child.name}"
    without = f"id NOT IN ({part} WHERE {condition.sql})"
    query = f"SELECT {parent.key} FROM {parent.name} WHERE id IN ({part}) AND {without}"
    if scene.query(query) == scene.query(f"SELECT {parent.key} FROM {parent.name} WHERE {without}"):
        raise Unfit
    prompt = scene.phrase(
        "Which {parents} {verb} {many}, but no {many} {mod}?",
        "List the {parents} {who} {verb} at least one {one}, but no {many} {mod}.",
        "Find the {parents} {who} {verb} {many}, yet no {many} {mod}.",
        "Give me the {keys} of the {parents} {who} {verb} {many}, leaving out those with {many} {mod}.",
        parents=parent.many,
        verb=ref.verb,
        many=child.many,
        one=child.noun,
        mod=condition.mod,
        who=parent.who,
        keys=plural(parent.label.called),
    )
    words = {"child": child.name, "parent": parent.name, "ref": ref.name, "where": condition.sql, "many": parent.many}
    look = step(
        "how-many", f"SELECT COUNT(*) FROM {child.name} WHERE {condition.sql}", table=child.name, where=condition.sql
    )
    return read(scene, prompt, query, [*condition.checks, look, step("some-none", query, **words)])
