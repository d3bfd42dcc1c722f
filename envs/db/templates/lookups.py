"""Questions about the rows of one table, difficulties 1 and 2: look-ups, filters, text, dates, empty values."""

from envs.db.domains.columns import Category, Date, Number, Ref
from envs.db.english import article, plural, singular
from envs.db.templates.base import Draft, Scene, Template, Unfit, collect, literal, step
from envs.db.templates.conditions import absent, any_of, beyond, during, equal
from envs.db.templates.drafts import give, read, untied

__all__ = ["LOOKUPS"]

LOOKUPS: list[Template] = []

_LIST = ("Which {many} {pred}?{ids}", "List all {many} {mod}.{ids}", "Show me the {many} {mod}.{ids}")
_LIST_NAMES = (*_LIST, "Give me the {keys} of the {many} {mod}.", "I need the {keys} of all {many} {mod}.")


def list_rows(scene: Scene, *conditions) -> Draft:
    """The names (or ids) of the rows of one table that meet the conditions."""
    first, table = conditions[0], conditions[0].table
    where = " AND ".join(condition.sql for condition in conditions)
    query = f"SELECT {table.key} FROM {table.name} WHERE {where}"
    words = {
        "many": table.many,
        "keys": plural(table.label.called if table.label else "id"),
        "ids": give(table),
        "pred": " and ".join(condition.pred for condition in conditions),
        "mod": first.mod if len(conditions) == 1 else f"{table.who} " + " and ".join(c.pred for c in conditions),
    }
    prompt = scene.phrase(*(_LIST_NAMES if table.label else _LIST), **words)
    look = [c for condition in conditions for c in condition.checks]
    found = step("filter", query, key=table.key, table=table.name, where=where, many=table.many)
    return read(scene, prompt, query, [*look, found])


@collect(LOOKUPS, 1)
def list_by_category(scene: Scene) -> Draft:
    """As in "Which customers live in Porto?"."""
    table, column = scene.column(lambda t: t.plain_categories, named=True)
    return list_rows(scene, equal(scene, table, column))


@collect(LOOKUPS, 1)
def look_up_value(scene: Scene) -> Draft:
    """As in "Where does Ana Lopes live?"."""
    table, column = scene.column(lambda t: [*t.plain_categories, *t.of_kind(Number, Date)], named=True)
    row = scene.row(table)
    query = f"SELECT {column.name} FROM {table.name} WHERE {table.key} = {literal(row[table.key])}"
    generic = ("What is the {noun} of {x}?", "Tell me the {noun} of {x}.", "Look up the {noun} of {x}.")
    asked = (column.ask,) * 3 if column.ask else ()
    prompt = scene.phrase(*generic, *asked, noun=column.called, x=scene.name(table, row))
    words = {"column": column.name, "table": table.name, "name": row[table.key], "noun": column.called}
    return read(scene, prompt, query, [step("value", query, **words)])


@collect(LOOKUPS, 1)
def count_by_category(scene: Scene) -> Draft:
    """As in "How many customers live in Porto?"."""
    table, column = scene.column(lambda t: t.plain_categories)
    return count_rows(scene, equal(scene, table, column))


def count_rows(scene: Scene, condition) -> Draft:
    """The number of rows of one table that meet a condition."""
    table = condition.table
    query = f"SELECT COUNT(*) FROM {table.name} WHERE {condition.sql}"
    prompt = scene.phrase(
        "How many {many} {pred}?",
        "Count the {many} {mod}.",
        "What is the number of {many} {mod}?",
        "I would like to know how many {many} {pred}.",
        many=table.many,
        pred=condition.pred,
        mod=condition.mod,
    )
    counted = step("count", query, table=table.name, where=condition.sql, many=table.many)
    return read(scene, prompt, query, [*condition.checks, counted])


@collect(LOOKUPS, 1)
def extreme_value(scene: Scene) -> Draft:
    """As in "What is the highest price of all products?"."""
    table, column = scene.column(lambda t: t.of_kind(Number))
    upward = scene.rng.random() < 0.5
    function = "MAX" if upward else "MIN"
    query = f"SELECT {function}({column.name}) FROM {table.name}"
    prompt = scene.phrase(
        "What is the {word} {noun} of all {many}?",
        "Find the {word} {noun} among the {many}.",
        "Among all {many}, what is the {word} {noun}?",
        "Tell me the {word} {noun} of any {one}.",
        word=column.highest if upward else column.lowest,
        noun=column.called,
        many=table.many,
        one=table.noun,
    )
    found = step("extreme", query, function=function, column=column.name, table=table.name, noun=column.called)
    return read(scene, prompt, query, [found])


@collect(LOOKUPS, 1)
def top_row(scene: Scene) -> Draft:
    """As in "Which product is the most expensive?"."""
    table, column = scene.column(lambda t: t.of_kind(Number), named=True)
    upward = scene.rng.random() < 0.6
    order = f"{column.name} DESC" if upward else column.name
    untied(scene, f"SELECT {column.name} FROM {table.name} ORDER BY {order}")
    query = f"SELECT {table.key} FROM {table.name} ORDER BY {order} LIMIT 1"
    prompt = scene.phrase(
        "Which {one} {pred}?",
        "Find the {one} {who} {pred}.",
        "Which of the {many} {pred}?",
        "Tell me which {one} {pred}.",
        one=table.noun,
        many=table.many,
        who=table.who,
        pred=singular(column.extreme(upward)),
    )
    found = step("top", query, table=table.name, order=order, one=table.noun, noun=column.called)
    return read(scene, prompt, query, [found])


@collect(LOOKUPS, 2)
def list_by_number(scene: Scene) -> Draft:
    """As in "Which products cost more than 20 euros?"."""
    table, column = scene.column(lambda t: t.of_kind(Number), named=True)
    return list_rows(scene, beyond(scene, table, column))


@collect(LOOKUPS, 2)
def list_by_two(scene: Scene) -> Draft:
    """As in "Which customers live in Porto and joined in 2023?"."""
    table, first = scene.column(lambda t: t.of_kind(Category), named=True)
    second = any_of(scene, table, Number, Date)
    draft = list_rows(scene, equal(scene, table, first), second)
    found = len(scene.query(draft.gold[0]))
    if found == len(scene.query(f"SELECT id FROM {table.name} WHERE {second.sql}")):
        raise Unfit
    return draft


@collect(LOOKUPS, 2)
def list_by_text(scene: Scene) -> Draft:
    """As in "Which books have a title that starts with B?"."""
    table = scene.pick([t for t in scene.domain.tables if t.label])
    text = scene.row(table)[table.key]
    if " " in text and scene.rng.random() < 0.5:
        part = scene.pick([word for word in text.split() if len(word) > 3] or [text])
        pattern, how = f"%{part}%", f'contains "{part}"'
    else:
        pattern, how = f"{text[0]}%", f"starts with {text[0]}"
    query = f"SELECT {table.key} FROM {table.name} WHERE {table.key} LIKE '{pattern}'"
    prompt = scene.phrase(
        "Which {many} have {a_noun} that {how}?",
        "List the {many} whose {noun} {how}.",
        "Find all {many} whose {noun} {how}.",
        "Show me every {one} whose {noun} {how}.",
        many=table.many,
        one=table.noun,
        noun=table.label.called,
        a_noun=article(table.label.called),
        how=how,
    )
    found = step("like", query, table=table.name, column=table.key, pattern=pattern, how=how)
    return read(scene, prompt, query, [found])


@collect(LOOKUPS, 2)
def list_missing(scene: Scene) -> Draft:
    """As in "Which customers have no phone number?"."""
    table, column = scene.column(lambda t: t.optional)
    condition = absent(table, column)
    query = f"SELECT {table.key} FROM {table.name} WHERE {condition.sql}"
    prompt = scene.phrase(
        "Which {many} {pred}?{ids}",
        "List the {many} {mod}.{ids}",
        "Find all {many} {mod}.{ids}",
        "Show me the {many} {mod}.{ids}",
        many=table.many,
        pred=condition.pred,
        mod=condition.mod,
        ids=give(table),
    )
    found = step("null", query, table=table.name, column=column.name, many=table.many, key=table.key)
    return read(scene, prompt, query, [found])


@collect(LOOKUPS, 2)
def count_missing(scene: Scene) -> Draft:
    """As in "How many loans have not been returned yet?"."""
    table, column = scene.column(lambda t: t.optional)
    filled = scene.rng.random() < 0.5
    pred = column.present if filled else column.missing
    where = f"{column.name} IS {'NOT ' * filled}NULL"
    query = f"SELECT COUNT(*) FROM {table.name} WHERE {where}"
    prompt = scene.phrase(
        "How many {many} {pred}?",
        "Count the {many} {who} {pred}.",
        "What is the number of {many} {who} {pred}?",
        "Find out how many {many} {pred}.",
        many=table.many,
        who=table.who,
        pred=pred,
    )
    return read(scene, prompt, query, [step("count-null", query, table=table.name, column=column.name, where=where)])


@collect(LOOKUPS, 2)
def count_in_period(scene: Scene) -> Draft:
    """As in "How many orders were placed in March 2023?"."""
    table, column = scene.column(lambda t: t.of_kind(Date))
    condition = during(scene, table, column)
    query = f"SELECT COUNT(*) FROM {table.name} WHERE {condition.sql}"
    prompt = scene.phrase(
        "How many {many} {pred}?",
        "Count the {many} {mod}.",
        "Find out how many {many} {pred}.",
        "What is the number of {many} {mod}?",
        many=table.many,
        pred=condition.pred,
        mod=condition.mod,
    )
    counted = step("count-date", query, table=table.name, column=column.name, where=condition.sql)
    return read(scene, prompt, query, [counted])


@collect(LOOKUPS, 2)
def count_distinct(scene: Scene) -> Draft:
    """As in "How many different cities are there among the customers?"."""
    table, column = scene.column(lambda t: t.of_kind(Category, Ref))
    noun = plural(column.called)
    query = f"SELECT COUNT(DISTINCT {column.name}) FROM {table.name}"
    prompt = scene.phrase(
        "How many different {nouns} are there among the {many}?",
        "Count the different {nouns} of the {many}.",
        "How many distinct {nouns} do the {many} have?",
        "The {many} have how many different {nouns}?",
        nouns=noun,
        many=table.many,
    )
    found = step("distinct", query, table=table.name, column=column.name, nouns=noun)
    return read(scene, prompt, query, [found])
