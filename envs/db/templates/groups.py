"""Questions that sum up: averages, groups, rankings, comparisons, months. Difficulties 2 to 5."""

from envs.db.domains.columns import Category, Date, Number
from envs.db.english import NUMBER_WORDS, article, singular
from envs.db.templates.base import Draft, Scene, Template, Unfit, collect, step
from envs.db.templates.conditions import any_of, equal, round_near
from envs.db.templates.drafts import give, read, untied

__all__ = ["GROUPS", "aggregate"]

GROUPS: list[Template] = []


def aggregate(scene: Scene, column: Number, name: str) -> tuple[str, str, str, str]:
    """A way to sum a column up: (SQL function, SQL expression, what it is called, what the question adds)."""
    options = ["MAX", "MIN", *["AVG"] * (2 * column.measure), *["SUM"] * (2 * column.total)]
    function = scene.pick(options)
    word = {"MAX": column.highest, "MIN": column.lowest, "AVG": "average", "SUM": "total"}[function]
    if function == "AVG":
        return function, f"ROUND(AVG({name}), 2)", word, " Round to two decimals."
    return function, f"{function}({name})", word, ""


@collect(GROUPS, 2)
def aggregate_some(scene: Scene) -> Draft:
    """As in "What is the average price of the products in the kitchen category?"."""
    table, column = scene.column(lambda t: t.of_kind(Number) if t.of_kind(Category) else [])
    condition = equal(scene, table, scene.pick(table.of_kind(Category)))
    function, expression, word, rounding = aggregate(scene, column, column.name)
    query = f"SELECT {expression} FROM {table.name} WHERE {condition.sql}"
    if len(scene.query(f"SELECT id FROM {table.name} WHERE {condition.sql}")) < 2:
        raise Unfit
    prompt = scene.phrase(
        "What is the {word} {noun} of the {many} {mod}?{rounding}",
        "For the {many} {mod}, what is the {word} {noun}?{rounding}",
        "Work out the {word} {noun} of all {many} {mod}.{rounding}",
        "I need the {word} {noun} of the {many} {mod}.{rounding}",
        word=word,
        noun=column.called,
        many=table.many,
        mod=condition.mod,
        rounding=rounding,
    )
    words = {"function": function, "column": column.name, "table": table.name, "where": condition.sql}
    return read(scene, prompt, query, [*condition.checks, step("aggregate", query, **words)])


@collect(GROUPS, 3)
def count_per_group(scene: Scene) -> Draft:
    """As in "How many customers are there in each city?"."""
    table, column = scene.column(lambda t: t.plain_categories)
    query = f"SELECT {column.name}, COUNT(*) FROM {table.name} GROUP BY {column.name}"
    if len(scene.query(query)) < 3:
        raise Unfit
    prompt = scene.phrase(
        "How many {many} are there for each {noun}? Give the {noun} and the number.",
        "For each {noun}, count the {many}. Give the {noun} and the count.",
        "Break the number of {many} down by {noun}. Give each {noun} with its number.",
        "I want to see every {noun} with its number of {many}.",
        noun=column.called,
        many=table.many,
    )
    counted = step("group", query, table=table.name, column=column.name, many=table.many)
    return read(scene, prompt, query, [counted])


@collect(GROUPS, 3)
def largest_group(scene: Scene) -> Draft:
    """As in "Which city has the most customers?"."""
    table, column = scene.column(lambda t: t.plain_categories)
    tail = f"FROM {table.name} GROUP BY {column.name} ORDER BY COUNT(*) DESC"
    untied(scene, f"SELECT COUNT(*) {tail}")
    query = f"SELECT {column.name} {tail} LIMIT 1"
    prompt = scene.phrase(
        "Which {noun} has the most {many}?",
        "Which {noun} is the most common among the {many}?",
        "Find the {noun} with the largest number of {many}.",
        "What is the most frequent {noun} among the {many}?",
        noun=column.called,
        many=table.many,
    )
    found = step("largest-group", query, table=table.name, column=column.name, many=table.many)
    return read(scene, prompt, query, [found])


@collect(GROUPS, 3)
def top_few(scene: Scene) -> Draft:
    """As in "Which three products are the most expensive? Start with the most expensive."."""
    table, column = scene.column(lambda t: t.of_kind(Number), named=True)
    count, upward = scene.rng.randrange(2, 5), scene.rng.random() < 0.65
    order = f"{column.name} DESC" if upward else column.name
    untied(scene, f"SELECT {column.name} FROM {table.name} ORDER BY {order}", count)
    query = f"SELECT {table.key} FROM {table.name} ORDER BY {order} LIMIT {count}"
    first = column.highest if upward else column.lowest
    prompt = scene.phrase(
        "Which {count} {many} {pred}? Start with the {first} {noun}.",
        "List the {count} {many} {who} {pred}, in order from the {first} {noun}.",
        "Name the {count} {many} {who} {pred}, the {first} {noun} first.",
        "Which are the {count} {many} {who} {pred}? Put the {first} {noun} first.",
        count=NUMBER_WORDS[count],
        many=table.many,
        pred=column.extreme(upward),
        who=table.who,
        first=first,
        noun=column.called,
    )
    words = {"table": table.name, "order": order, "count": str(count), "many": table.many}
    return read(scene, prompt, query, [step("top-few", query, **words)], ordered=True)


@collect(GROUPS, 3)
def difference(scene: Scene) -> Draft:
    """As in "How many more customers live in Porto than in Graz?"."""
    table, column = scene.column(lambda t: t.plain_categories)
    counts = scene.query(f"SELECT {column.name}, COUNT(*) FROM {table.name} GROUP BY {column.name}")
    more, less = scene.pick([(a, b) for a, m in counts for b, n in counts if m > n])
    a, b = equal(scene, table, column, more), equal(scene, table, column, less)
    part = f"(SELECT COUNT(*) FROM {table.name} WHERE "
    query = f"SELECT {part}{a.sql}) - {part}{b.sql}) AS difference"
    prompt = scene.phrase(
        "How many more {many} are there {a} than {b}?",
        "There are more {many} {a} than {many} {b}. How many more?",
        "By how many do the {many} {a} outnumber the {many} {b}?",
        "What is the difference between the number of {many} {a} and the number of {many} {b}?",
        many=table.many,
        a=a.mod,
        b=b.mod,
    )
    words = {"table": table.name, "first": a.sql, "second": b.sql, "many": table.many}
    return read(scene, prompt, query, [step("difference", query, **words)])


@collect(GROUPS, 4)
def above_average(scene: Scene) -> Draft:
    """As in "Which products cost more than the average product?"."""
    table, column = scene.column(lambda t: t.measures, named=True)
    upward = scene.rng.random() < 0.6
    mean = f"SELECT AVG({column.name}) FROM {table.name}"
    query = f"SELECT {table.key} FROM {table.name} WHERE {column.name} {'>' if upward else '<'} ({mean})"
    prompt = scene.phrase(
        "Which {many} have {a_noun} {where} the average of all {many}?",
        "List the {many} whose {noun} is {where} average.",
        "Find all {many} with {a_noun} {where} the average {noun}.",
        "The average {noun} of the {many}: which of them are {where} it?",
        many=table.many,
        noun=column.called,
        a_noun=article(column.called),
        where="above" if upward else "below",
    )
    words = {"table": table.name, "column": column.name, "noun": column.called, "many": table.many}
    steps = [step("average", mean, **words), step("beyond-average", query, **words)]
    return read(scene, prompt, query, steps)


@collect(GROUPS, 4)
def count_per_month(scene: Scene) -> Draft:
    """As in "How many orders were placed in each month of 2023?"."""
    table, column = scene.column(lambda t: t.of_kind(Date))
    year = scene.pick(scene.values(table, column))[:4]
    month = f"substr({column.name}, 1, 7)"
    query = f"SELECT {month} AS month, COUNT(*) FROM {table.name} WHERE {column.name} LIKE '{year}%' GROUP BY month"
    if len(scene.query(query)) < 3:
        raise Unfit
    prompt = scene.phrase(
        "How many {many} {pred} in each month of {year}?{give}",
        "For every month of {year}, how many {many} {pred}?{give}",
        "Count by month how many {many} {pred} in {year}.{give}",
        "Break down by month how many {many} {pred} in {year}.{give}",
        many=table.many,
        pred=column.pred,
        year=year,
        give=" Give the month as YYYY-MM and the number, without empty months.",
    )
    words = {"table": table.name, "column": column.name, "year": year, "many": table.many}
    look = step("sample", f"SELECT {column.name} FROM {table.name} LIMIT 3", **words)
    return read(scene, prompt, query, [look, step("by-month", query, **words)])


@collect(GROUPS, 5)
def top_in_each_group(scene: Scene) -> Draft:
    """As in "Which product is the most expensive in each category?"."""
    table, column = scene.column(lambda t: t.measures if t.of_kind(Category) else [], named=True)
    group = scene.pick(table.plain_categories)
    upward = scene.rng.random() < 0.6
    function = "MAX" if upward else "MIN"
    best = f"SELECT {group.name}, {function}({column.name}) FROM {table.name} GROUP BY {group.name}"
    query = f"SELECT {group.name}, {table.key} FROM {table.name} WHERE ({group.name}, {column.name}) IN ({best})"
    if not 3 <= len(scene.query(best)) == len(scene.query(query)):
        raise Unfit
    prompt = scene.phrase(
        "For each {group}, which {one} has the {word} {noun}? Give the {group} and the {key}.",
        "Find the {one} with the {word} {noun} for every {group}. Give the {group} and the {key}.",
        "Which {one} {pred} for each {group}? Give each {group} with the {key}.",
        "Go through the {groups} and name the {one} with the {word} {noun} for each. Give the {group} and the {key}.",
        group=group.called,
        groups=group.called_many,
        one=table.noun,
        word=column.highest if upward else column.lowest,
        noun=column.called,
        key=table.label.called,
        pred=singular(column.extreme(upward)),
    )
    words = {"table": table.name, "column": column.name, "group": group.name, "word": function, "one": table.noun}
    return read(scene, prompt, query, [step("best-values", best, **words), step("best-rows", query, **words)])


@collect(GROUPS, 5)
def above_own_group(scene: Scene) -> Draft:
    """As in "Which products cost more than the average of their own category?"."""
    table, column = scene.column(lambda t: t.measures if t.of_kind(Category) else [], named=True)
    group = scene.pick(table.of_kind(Category))
    upward = scene.rng.random() < 0.6
    means = f"SELECT {group.name}, AVG({column.name}) FROM {table.name} GROUP BY {group.name}"
    own = f"SELECT AVG(o.{column.name}) FROM {table.name} o WHERE o.{group.name} = t.{group.name}"
    query = f"SELECT {table.key} FROM {table.name} t WHERE {column.name} {'>' if upward else '<'} ({own})"
    prompt = scene.phrase(
        "Which {many} have {a_noun} {where} the average of all {many} that share their {group}?",
        "List the {many} whose {noun} is {where} the average for the same {group}.",
        "Find all {many} whose {noun} lies {where} the average {noun} of the {many} with the same {group}.",
        "Compared with the average of all {many} that share their {group}, which ones have a {level} {noun}?",
        many=table.many,
        noun=column.called,
        a_noun=article(column.called),
        group=group.called,
        where="above" if upward else "below",
        level="higher" if upward else "lower",
    )
    words = {"table": table.name, "column": column.name, "group": group.name, "many": table.many}
    return read(scene, prompt, query, [step("group-averages", means, **words), step("own-average", query, **words)])


@collect(GROUPS, 5)
def groups_above(scene: Scene) -> Draft:
    """As in "Which categories have an average price above 40 euros?"."""
    table, column = scene.column(lambda t: t.measures if t.of_kind(Category) else [])
    group = scene.pick(table.plain_categories)
    mean = f"ROUND(AVG({column.name}), 2)"
    by = f"FROM {table.name} GROUP BY {group.name}"
    means = sorted(value for (value,) in scene.query(f"SELECT {mean} {by}"))
    if len(means) < 4:
        raise Unfit
    bound = round_near(means, scene.rng.randrange(1, len(means) - 1))
    if not means[0] < bound < means[-1] or bound in means:
        raise Unfit
    said = str(bound) if column.counts else column.say(bound)
    query = f"SELECT {group.name}, {mean} {by} HAVING AVG({column.name}) > {bound}"
    prompt = scene.phrase(
        "Which {groups} of {many} have an average {noun} above {bound}? {give}",
        "For which {groups} is the average {noun} of the {many} more than {bound}? {give}",
        "List every {group} for which the {many} have an average {noun} above {bound}. {give}",
        "Group the {many} by {group}: where is the average {noun} above {bound}? {give}",
        groups=group.called_many,
        group=group.called,
        many=table.many,
        noun=column.called,
        bound=said,
        give=f"Give the {group.called} and the average, rounded to two decimals.",
    )
    words = {"table": table.name, "column": column.name, "group": group.name, "bound": str(bound)}
    look = step("group-averages", f"SELECT {group.name}, AVG({column.name}) {by}", **words)
    return read(scene, prompt, query, [look, step("having-average", query, **words)])


@collect(GROUPS, 5)
def second_of_some(scene: Scene) -> Draft:
    """As in "Among the products in the kitchen category, which has the second highest price?"."""
    table, column = scene.column(lambda t: t.of_kind(Number) if t.of_kind(Category) else [])
    condition = any_of(scene, table, Category)
    upward = scene.rng.random() < 0.65
    order = f"{column.name} DESC" if upward else column.name
    untied(scene, f"SELECT {column.name} FROM {table.name} WHERE {condition.sql} ORDER BY {order}", 2)
    query = f"SELECT {table.key} FROM {table.name} WHERE {condition.sql} ORDER BY {order} LIMIT 1 OFFSET 1"
    prompt = scene.phrase(
        "Among the {many} {mod}, which has the second {word} {noun}?{ids}",
        "Order the {many} {mod} by {noun}, the {word} first: which one comes second?{ids}",
        "Of all {many} {mod}, find the one with the second {word} {noun}.{ids}",
        "Name the {one} with the second {word} {noun} among the {many} {mod}.{ids}",
        many=table.many,
        one=table.noun,
        mod=condition.mod,
        word=column.highest if upward else column.lowest,
        noun=column.called,
        ids=give(table, single=True),
    )
    words = {"table": table.name, "where": condition.sql, "order": order, "column": column.name}
    count = step("how-many", f"SELECT COUNT(*) FROM {table.name} WHERE {condition.sql}", **words)
    return read(scene, prompt, query, [*condition.checks, count, step("second", query, **words)])
