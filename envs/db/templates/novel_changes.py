"""Changes of the `novel` split, none of which any other split has. Difficulties 1 to 5."""

from envs.db.domains.columns import Category, Note, Number
from envs.db.domains.schema import Table
from envs.db.english import article, plural
from envs.db.templates.base import Draft, Scene, Template, collect, literal, step
from envs.db.templates.drafts import change
from envs.db.templates.rows import new_value

__all__ = ["NOVEL_CHANGES"]

NOVEL_CHANGES: list[Template] = []


def _notes(table: Table) -> list[Note]:
    return [column for column in table.optional if isinstance(column, Note)]


@collect(NOVEL_CHANGES, 1)
def clear_value(scene: Scene) -> Draft:
    """As in "Remove the badge of Leila Sato."."""
    table, column = scene.column(_notes, named=True)
    row = scene.row(table, f"{column.name} IS NOT NULL")
    statement = f"UPDATE {table.name} SET {column.name} = NULL WHERE {table.key} = {literal(row[table.key])}"
    prompt = scene.phrase(
        "Remove the {noun} of {x}, so that the entry is empty.",
        "{x} no longer has {a_noun}. Leave that field empty.",
        "Empty the {noun} field of {x}.",
        "Please clear the {noun} entry of {x}.",
        noun=column.called,
        a_noun=article(column.called),
        x=scene.name(table, row),
    )
    words = {"table": table.name, "column": column.name, "name": row[table.key]}
    return change(scene, prompt, [statement], [step("clear", statement, **words)])


@collect(NOVEL_CHANGES, 2)
def fill_missing(scene: Scene) -> Draft:
    """As in "Write 'unknown' as the badge of every astronomer who has none."."""
    table, column = scene.column(_notes)
    word = scene.pick(("unknown", "none", "to be asked", "missing"))
    statement = f"UPDATE {table.name} SET {column.name} = '{word}' WHERE {column.name} IS NULL"
    prompt = scene.phrase(
        'For all {many} {who} {missing}, set the {noun} to "{word}".',
        'Some {many} {missing}. Enter "{word}" as their {noun}.',
        'Fill the empty {nouns} of the {many} with "{word}".',
        'Wherever the {noun} of {a_one} is empty, write "{word}".',
        many=table.many,
        who=table.who,
        missing=column.missing,
        noun=column.called,
        nouns=plural(column.called),
        a_one=article(table.noun),
        word=word,
    )
    words = {"table": table.name, "column": column.name, "many": table.many, "word": word}
    return change(scene, prompt, [statement], [step("fill", statement, **words)])


@collect(NOVEL_CHANGES, 5)
def swap_values(scene: Scene) -> Draft:
    """As in "Swap the daily fees of Leila Sato and Jonas Ito."."""
    table, column = scene.column(lambda t: t.of_kind(Number, Category), named=True)
    a = scene.row(table)
    b = scene.row(table, f"{column.name} <> {literal(a[column.name])}")
    statements = [
        f"UPDATE {table.name} SET {column.name} = {literal(value)} WHERE {table.key} = {literal(row[table.key])}"
        for value, row in ((b[column.name], a), (a[column.name], b))
    ]
    prompt = scene.phrase(
        "Swap the {nouns} of {a} and {b}.",
        "The {nouns} of {a} and {b} were mixed up. Exchange them.",
        "{a} should get the {noun} of {b} and vice versa.",
        "Exchange the {noun} of {a} with that of {b}.",
        noun=column.called,
        nouns=plural(column.called),
        a=scene.name(table, a),
        b=scene.name(table, b),
    )
    words = {"table": table.name, "column": column.name, "first": a[table.key], "second": b[table.key]}
    both = f"{table.key} IN ({literal(a[table.key])}, {literal(b[table.key])})"
    look = f"SELECT {table.key}, {column.name} FROM {table.name} WHERE {both}"
    steps = [step("both-values", look, **words), *(step("swap", s, **words) for s in statements)]
    return change(scene, prompt, statements, [*steps, step("verify", f"{look} ORDER BY {table.key}", **words)])


@collect(NOVEL_CHANGES, 5)
def copy_row(scene: Scene) -> Draft:
    """As in "Add a wine called Terra Nova that has everything else in common with Vale Lua."."""
    table = scene.pick([t for t in scene.domain.tables if t.label])
    row = scene.row(table)
    name = new_value(scene, table.label, scene.values(table, table.label))
    others = ", ".join(column.name for column in table.columns if column is not table.label)
    statement = f"INSERT INTO {table.name} ({table.key}, {others}) SELECT {literal(name)}, {others}"
    statement += f" FROM {table.name} WHERE {table.key} = {literal(row[table.key])}"
    prompt = scene.phrase(
        'Add {a_one} with the {noun} "{name}" that is the same as {x} in everything else.',
        'Make a copy of {x} under the {noun} "{name}"; all other details stay the same.',
        'Duplicate the entry of {x}. The copy gets the {noun} "{name}" and a new id.',
        'There is a new {one}, "{name}". Copy all its other details from {x}.',
        a_one=article(table.noun),
        one=table.noun,
        noun=table.label.called,
        name=name,
        x=scene.name(table, row),
    )
    look = f"SELECT * FROM {table.name} WHERE {table.key} = {literal(row[table.key])}"
    words = {"table": table.name, "name": row[table.key], "copy": name}
    verify = step("verify", f"SELECT * FROM {table.name} WHERE {table.key} = {literal(name)}", **words)
    return change(
        scene, prompt, [statement], [step("original", look, **words), step("copy", statement, **words), verify]
    )
