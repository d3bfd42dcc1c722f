"""Questions over two or three tables, difficulties 3 to 5."""

from envs.db.domains.columns import Category, Date, Number, Ref
from envs.db.domains.schema import Table
from envs.db.english import plural
from envs.db.templates.base import Draft, Scene, Template, Unfit, collect, literal, step
from envs.db.templates.conditions import Condition, any_of, equal
from envs.db.templates.drafts import give, read, untied
from envs.db.templates.groups import aggregate

__all__ = ["JOINS", "join"]

JOINS: list[Template] = []


def join(child: Table, ref: Ref, parent: Table) -> str:
    """FROM both tables, joined by the reference."""
    return f"FROM {child.name} JOIN {parent.name} ON {child.name}.{ref.name} = {parent.name}.id"


def _plain_condition(scene: Scene, parent: Table) -> Condition:
    """A condition on the parents that reads well inside another phrase."""
    column = scene.pick([c for c in parent.plain_categories if c.mod])
    return equal(scene, parent, column)


@collect(JOINS, 3)
def children_of(scene: Scene) -> Draft:
    """As in "Which books were written by Ana Lopes?"."""
    child, ref, parent = scene.family(parent=lambda p: p.label)
    row = scene.row(parent, f"id IN (SELECT {ref.name} FROM {child.name})")
    query = f"SELECT {child.name}.{child.key} {join(child, ref, parent)}"
    query += f" WHERE {parent.name}.{parent.key} = {literal(row[parent.key])}"
    name = scene.name(parent, row)
    prompt = scene.phrase(
        "Which {many} {pred}?{ids}",
        "List the {many} {mod}.{ids}",
        "Find all {many} {mod}.{ids}",
        "I am looking for the {many} {mod}.{ids}",
        many=child.many,
        pred=ref.pred.format(v=name),
        mod=ref.mod.format(v=name),
        ids=give(child),
    )
    words = {"child": child.name, "parent": parent.name, "ref": ref.name, "name": row[parent.key]}
    return read(scene, prompt, query, [step("join", query, **words, many=child.many)])


@collect(JOINS, 3)
def count_children_of_some(scene: Scene) -> Draft:
    """As in "How many orders were placed by customers from Porto?"."""
    child, ref, parent = scene.family()
    condition = _plain_condition(scene, parent)
    query = f"SELECT COUNT(*) {join(child, ref, parent)} WHERE {condition.full}"
    group = f"{parent.many} {condition.mod}"
    prompt = scene.phrase(
        "How many {many} {pred}?",
        "Count the {many} {mod}.",
        "What is the number of {many} {mod}?",
        "Find out how many {many} {pred}.",
        many=child.many,
        pred=ref.pred.format(v=group),
        mod=ref.mod.format(v=group),
    )
    words = {"child": child.name, "parent": parent.name, "ref": ref.name, "where": condition.full}
    return read(scene, prompt, query, [step("join-count", query, **words, many=child.many)])


@collect(JOINS, 3)
def childless(scene: Scene) -> Draft:
    """As in "Which customers have never placed an order?"."""
    child, ref, parent = scene.family(parent=lambda p: p.label)
    query = f"SELECT {parent.key} FROM {parent.name} WHERE id NOT IN (SELECT {ref.name} FROM {child.name})"
    prompt = scene.phrase(
        "Which {many} {never}?",
        "List all {many} {who} {never}.",
        "Give me the {keys} of the {many} {who} {never}.",
        "Are there {many} {who} {never}? Which ones?",
        many=parent.many,
        never=ref.never,
        who=parent.who,
        keys=plural(parent.label.called),
    )
    words = {"child": child.name, "parent": parent.name, "ref": ref.name, "many": parent.many}
    return read(scene, prompt, query, [step("childless", query, **words)])


@collect(JOINS, 4)
def parents_with_many(scene: Scene) -> Draft:
    """As in "Which customers have placed more than three orders?"."""
    child, ref, parent = scene.family(parent=lambda p: p.label)
    least = scene.rng.randrange(2, 6)
    tail = f"{join(child, ref, parent)} GROUP BY {parent.name}.id HAVING COUNT(*) > {least}"
    query = f"SELECT {parent.name}.{parent.key} {tail}"
    counts = f"SELECT {ref.name}, COUNT(*) FROM {child.name} GROUP BY {ref.name} ORDER BY COUNT(*) DESC LIMIT 8"
    prompt = scene.phrase(
        "Which {parents} {verb} more than {least} {many}?",
        "List the {parents} {who} {verb} more than {least} {many}.",
        "Find all {parents} {who} {verb} more than {least} {many}.",
        "Give me the {keys} of the {parents} {who} {verb} more than {least} {many}.",
        parents=parent.many,
        verb=ref.verb,
        least=least,
        many=child.many,
        who=parent.who,
        keys=plural(parent.label.called),
    )
    words = {"child": child.name, "parent": parent.name, "ref": ref.name, "least": str(least), "many": child.many}
    return read(scene, prompt, query, [step("counts", counts, **words), step("having", query, **words)])


@collect(JOINS, 4)
def aggregate_children_of_some(scene: Scene) -> Draft:
    """As in "What is the total cost of the visits made by patients from Porto?"."""
    child, ref, parent = scene.family(child=lambda c: c.of_kind(Number))
    column = scene.pick(child.of_kind(Number))
    condition = _plain_condition(scene, parent)
    function, expression, word, rounding = aggregate(scene, column, f"{child.name}.{column.name}")
    tail = f"{join(child, ref, parent)} WHERE {condition.full}"
    query = f"SELECT {expression} {tail}"
    if scene.query(f"SELECT COUNT(*) {tail}")[0][0] < 2:
        raise Unfit
    prompt = scene.phrase(
        "What is the {word} {noun} of the {many} {mod}?{rounding}",
        "Work out the {word} {noun} of all {many} {mod}.{rounding}",
        "Looking only at {many} {mod}, what is the {word} {noun}?{rounding}",
        "For all {many} {mod}, tell me the {word} {noun}.{rounding}",
        word=word,
        noun=column.called,
        many=child.many,
        mod=ref.mod.format(v=f"{parent.many} {condition.mod}"),
        rounding=rounding,
    )
    words = {"child": child.name, "parent": parent.name, "ref": ref.name, "where": condition.full}
    look = f"SELECT id, {parent.key} FROM {parent.name} WHERE {condition.sql} LIMIT 5".replace("id, id", "id")
    steps = [step("some", look, **words), step("join-aggregate", query, **words, function=function, column=column.name)]
    return read(scene, prompt, query, steps)


@collect(JOINS, 4)
def parents_of_some(scene: Scene) -> Draft:
    """As in "Which customers have placed orders that are on the way?"."""
    child, ref, parent = scene.family(parent=lambda p: p.label)
    condition = any_of(scene, child, Category, Number, Date)
    query = f"SELECT DISTINCT {parent.name}.{parent.key} {join(child, ref, parent)} WHERE {condition.full}"
    prompt = scene.phrase(
        "Which {parents} {verb} {many} {mod}?",
        "List the {parents} {who} {verb} {many} {mod}.",
        "Find all {parents} {who} {verb} {many} {mod}.",
        "Give me the {keys} of the {parents} {who} {verb} {many} {mod}.",
        parents=parent.many,
        verb=ref.verb,
        many=child.many,
        mod=condition.mod,
        who=parent.who,
        keys=plural(parent.label.called),
    )
    words = {"child": child.name, "parent": parent.name, "ref": ref.name, "where": condition.full}
    count = step(
        "how-many", f"SELECT COUNT(*) FROM {child.name} WHERE {condition.sql}", table=child.name, where=condition.sql
    )
    return read(
        scene, prompt, query, [*condition.checks, count, step("join-distinct", query, **words, many=parent.many)]
    )


@collect(JOINS, 4)
def linked(scene: Scene) -> Draft:
    """As in "Which students take Modern Biology?"."""
    link = scene.pick(scene.domain.links)
    left, through, right = (scene.domain.table(name) for name in (link.left, link.through, link.right))
    to_left = next(c for c in through.of_kind(Ref) if c.to == left.name)
    to_right = next(c for c in through.of_kind(Ref) if c.to == right.name)
    row = scene.row(right)
    find = f"SELECT id FROM {right.name} WHERE {right.key} = {literal(row[right.key])}"
    joined = (
        f"SELECT DISTINCT {left.name}.{left.key} {join(through, to_left, left)} WHERE {through.name}.{to_right.name} = "
    )
    prompt = scene.phrase(
        "Which {many} {pred}?",
        "List all {many} {who} {pred}.",
        "Give me the {keys} of the {many} {who} {pred}.",
        "I need to know which {many} {pred}.",
        many=left.many,
        pred=link.pred.format(v=scene.name(right, row)),
        who=left.who,
        keys=plural(left.label.called),
    )
    words = {"left": left.name, "through": through.name, "right": right.name, "name": row[right.key]}
    steps = [
        step("find", find, save="found", table=right.name, name=row[right.key], one=right.noun),
        step("linked", joined + "{found}", **words, many=left.many),
    ]
    return read(scene, prompt, f"{joined}{row['id']}", steps)


@collect(JOINS, 5)
def top_parent(scene: Scene) -> Draft:
    """As in "For which customer is the total quantity of all orders the highest? Give the name and the total."."""
    child, ref, parent = scene.family(parent=lambda p: p.label, child=lambda c: any(n.total for n in c.of_kind(Number)))
    column = scene.pick([n for n in child.of_kind(Number) if n.total])
    total = f"SUM({child.name}.{column.name})"
    tail = f"{join(child, ref, parent)} GROUP BY {parent.name}.id ORDER BY {total} DESC"
    untied(scene, f"SELECT {total} {tail}")
    query = f"SELECT {parent.name}.{parent.key}, {total} {tail} LIMIT 1"
    by_id = f"SELECT {ref.name}, SUM({column.name}) FROM {child.name} GROUP BY {ref.name} "
    look = f"{by_id}ORDER BY SUM({column.name}) DESC LIMIT 3"
    prompt = scene.phrase(
        "Which {parent} has the highest total {noun} over all {many}? {give}",
        "Add up the {noun} of the {many} for each {parent}: which one comes first? {give}",
        "For which {parent} is the total {noun} of the {many} the highest? {give}",
        "Sum the {noun} of the {many} per {parent} and find the {parent} with the highest total. {give}",
        parent=parent.noun,
        noun=column.called,
        many=child.many,
        give=f"Give the {parent.label.called} and the total.",
    )
    words = {"child": child.name, "parent": parent.name, "ref": ref.name, "column": column.name, "one": parent.noun}
    return read(scene, prompt, query, [step("totals", look, **words), step("top-total", query, **words)])


@collect(JOINS, 5)
def more_than_other(scene: Scene) -> Draft:
    """As in "Which customers have placed more orders than Ana Lopes?"."""
    child, ref, parent = scene.family(parent=lambda p: p.label)
    row = scene.row(parent, f"id IN (SELECT {ref.name} FROM {child.name})")
    own = f"SELECT COUNT(*) {join(child, ref, parent)} WHERE {parent.name}.{parent.key} = {literal(row[parent.key])}"
    query = f"SELECT {parent.name}.{parent.key} {join(child, ref, parent)} GROUP BY {parent.name}.id HAVING COUNT(*) > "
    prompt = scene.phrase(
        "Which {parents} {verb} more {many} than {name}?",
        "List the {parents} {who} {verb} more {many} than {name}.",
        "Find all {parents} {who} {verb} more {many} than {name}.",
        "Which other {parents} {verb} more {many} than {name}?",
        parents=parent.many,
        verb=ref.verb,
        many=child.many,
        name=scene.name(parent, row),
        who=parent.who,
    )
    words = {"child": child.name, "parent": parent.name, "name": row[parent.key], "many": child.many}
    steps = [step("own-count", own, save="own", **words), step("more-than", query + "{own}", **words)]
    return read(scene, prompt, f"{query}({own})", steps)
