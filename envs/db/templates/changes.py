"""Requests to change the data: add, update, delete, alone and in several statements. Difficulties 1 to 5."""

from envs.db.domains.columns import Category, Column, Date, Number, Ref
from envs.db.domains.schema import Table
from envs.db.english import article
from envs.db.templates.base import Draft, Scene, Template, Unfit, check, collect, literal, step
from envs.db.templates.conditions import any_of, equal
from envs.db.templates.drafts import change, described, quoted
from envs.db.templates.rows import find_row, insert, new_row, new_value

__all__ = ["CHANGES"]

CHANGES: list[Template] = []


_ADD = (
    "Add a new {one}: {row}.",
    "Please register a new {one} with {row}.",
    "There is a new {one}: {row}. Add it to the database.",
    "Enter a new {one} into the database: {row}.",
)


@collect(CHANGES, 1)
def add_row(scene: Scene) -> Draft:
    """As in "Add a new customer: name Ana Lopes, city Porto and joining date 2024-03-01."."""
    plain = [t for t in scene.domain.tables if not t.of_kind(Ref) and not any(c.coded for c in t.of_kind(Category))]
    table = scene.pick(plain)
    values, said, _ = new_row(scene, table)
    statement = insert(table, values)
    prompt = scene.phrase(*_ADD, one=table.noun, row=described(said))
    return change(scene, prompt, [statement], [step("insert", statement, table=table.name, one=table.noun)])


def _set_value(scene: Scene, table: Table, column: Column) -> Draft:
    row = scene.row(table)
    value = new_value(scene, column, [row[column.name]])
    statement = (
        f"UPDATE {table.name} SET {column.name} = {literal(value)} WHERE {table.key} = {literal(row[table.key])}"
    )
    generic = (
        "Change the {noun} of {x} to {v}.",
        "Set the {noun} of {x} to {v}.",
        "The {noun} of {x} is wrong, it should be {v}. Correct it.",
    )
    own = (column.change,) * 3 if column.change else ()
    prompt = scene.phrase(
        *(own if column.coded else generic + own),
        noun=column.called,
        x=scene.name(table, row),
        v=column.say(value),
    )
    words = {"table": table.name, "column": column.name, "name": str(row[table.key]), "noun": column.called}
    looks = [check(table, column)] if column.coded else []
    return change(scene, prompt, [statement], [*looks, step("update", statement, **words)])


@collect(CHANGES, 1)
def set_value(scene: Scene) -> Draft:
    """As in "Ana Lopes has moved to Porto. Please update the city."."""
    table, column = scene.column(lambda t: [*t.of_kind(Number), *t.plain_categories], named=True)
    return _set_value(scene, table, column)


@collect(CHANGES, 2)
def set_code(scene: Scene) -> Draft:
    """As in "Order 12 is now on the way. Update its status."."""
    return _set_value(scene, *scene.column(lambda t: [c for c in t.of_kind(Category) if c.coded and c.change]))


@collect(CHANGES, 2)
def delete_some(scene: Scene) -> Draft:
    """As in "Delete all orders that are cancelled."."""
    table = scene.pick([t for t in scene.domain.tables if not scene.children(t)])
    condition = any_of(scene, table, Category, Number, Date)
    statement = f"DELETE FROM {table.name} WHERE {condition.sql}"
    prompt = scene.phrase(
        "Delete all {many} {mod}.",
        "Remove all {many} {mod}.",
        "Please delete the {many} {mod}.",
        "We no longer need the {many} {mod}. Delete them.",
        many=table.many,
        mod=condition.mod,
    )
    removed = step("delete", statement, table=table.name, where=condition.sql, many=table.many)
    return change(scene, prompt, [statement], [*condition.checks, removed])


@collect(CHANGES, 3)
def add_child(scene: Scene) -> Draft:
    """As in "Add a new order: customer Ana Lopes, product Oak Lamp, quantity 3 and status delivered."."""
    table = scene.pick([t for t in scene.domain.tables if t.of_kind(Ref)])
    values, said, looks = new_row(scene, table)
    found, known, finds, parents = {}, {}, [], []
    for ref in table.of_kind(Ref):
        parent = scene.domain.table(ref.to)
        row = scene.row(parent)
        parents.append((ref, quoted(parent, row[parent.key])))
        known[ref.name] = str(row["id"])
        found[ref.name] = "{" + ref.name + "}" if parent.label else known[ref.name]
        finds += [find_row(parent, row, ref.name)] if parent.label else []
    prompt = scene.phrase(*_ADD, one=table.noun, row=described([*parents, *said]))
    added = step("insert", insert(table, {**found, **values}), table=table.name, one=table.noun)
    return change(scene, prompt, [insert(table, {**known, **values})], [*finds, *looks, added])


@collect(CHANGES, 3)
def shift_number(scene: Scene) -> Draft:
    """As in "Raise the price of all products in the kitchen category by 5 euros."."""
    table, column = scene.column(lambda t: t.measures if t.of_kind(Category) else [])
    condition = equal(scene, table, scene.pick(table.of_kind(Category)))
    upward = scene.rng.random() < 0.6
    amount = column.step * scene.pick((1, 2, 3, 5))
    statement = f"UPDATE {table.name} SET {column.name} = {column.name} {'+' if upward else '-'} {amount}"
    statement += f" WHERE {condition.sql}"
    prompt = scene.phrase(
        "{verb} the {noun} by {amount} for all {many} {mod}.",
        "For the {many} {mod}, {verb} the {noun} by {amount}.",
        "Please {verb} the {noun} by {amount} for the {many} {mod}.",
        "The {noun} {goes} by {amount} for all {many} {mod}. Update them.",
        verb=scene.pick(("raise", "increase") if upward else ("lower", "reduce")),
        goes="goes up" if upward else "goes down",
        noun=column.called,
        many=table.many,
        mod=condition.mod,
        amount=amount if column.counts else column.say(amount),
    )
    words = {"table": table.name, "column": column.name, "where": condition.sql, "many": table.many}
    return change(scene, prompt, [statement], [*condition.checks, step("shift", statement, **words)])


@collect(CHANGES, 4)
def delete_with_children(scene: Scene) -> Draft:
    """As in "Delete Ana Lopes and all orders placed by this customer."."""
    child, ref, parent = scene.family(
        parent=lambda p: p.label and len(scene.children(p)) == 1, child=lambda c: not scene.children(c)
    )
    row = scene.row(parent, f"id IN (SELECT {ref.name} FROM {child.name})")
    gold = [f"DELETE FROM {child.name} WHERE {ref.name} = {{}}", f"DELETE FROM {parent.name} WHERE id = {{}}"]
    prompt = scene.phrase(
        "Delete {name} and all {many} {mod}.",
        "Remove {name} from the database, together with all {many} {mod}.",
        "{name} has to go: delete this {one} and all {many} {mod}.",
        "Please delete {titled} as well as the {many} {mod}.",
        name=scene.name(parent, row),
        titled=f"the {parent.noun} {quoted(parent, row[parent.key])}",
        one=parent.noun,
        many=child.many,
        mod=ref.mod.format(v=f"this {parent.noun}"),
    )
    words = {"child": child.name, "parent": parent.name, "ref": ref.name, "one": parent.noun, "many": child.many}
    steps = [
        find_row(parent, row, "found"),
        step("delete-children", gold[0].format("{found}"), **words),
        step("delete-parent", gold[1].format("{found}"), **words),
        step("verify", f"SELECT COUNT(*) FROM {child.name} WHERE {ref.name} = {{found}}", **words, table=child.name),
    ]
    return change(scene, prompt, [statement.format(row["id"]) for statement in gold], steps)


@collect(CHANGES, 4)
def update_children_of_some(scene: Scene) -> Draft:
    """As in "Set the status of all orders placed by customers from Porto to cancelled."."""
    child, ref, parent = scene.family(child=lambda c: c.of_kind(Category))
    column = scene.pick(child.of_kind(Category))
    condition = equal(scene, parent, scene.pick([c for c in parent.plain_categories if c.mod]))
    value = scene.pick(list(column.options))
    where = f"{ref.name} IN (SELECT id FROM {parent.name} WHERE {condition.sql})"
    statement = f"UPDATE {child.name} SET {column.name} = {literal(value)} WHERE {where}"
    prompt = scene.phrase(
        "Set the {noun} of all {many} {mod} to {v}.",
        "Change the {noun} of the {many} {mod} to {v}.",
        "All {many} {mod} should have the {noun} {v}. Update them.",
        "For all {many} {mod}, set the {noun} to {v}.",
        noun=column.called,
        many=child.many,
        mod=ref.mod.format(v=f"{parent.many} {condition.mod}"),
        v=column.say(value),
    )
    words = {"child": child.name, "parent": parent.name, "ref": ref.name, "column": column.name}
    verify = f"SELECT {column.name}, COUNT(*) FROM {child.name} WHERE {where} GROUP BY {column.name}"
    steps = [
        *([check(child, column)] if column.coded else []),
        step("update-children", statement, **words, where=condition.sql),
        step("verify", verify, **words, many=child.many, table=child.name),
    ]
    return change(scene, prompt, [statement], steps)


@collect(CHANGES, 4)
def delete_childless(scene: Scene) -> Draft:
    """As in "Delete all customers who have never placed an order."."""
    child, ref, parent = scene.family(parent=lambda p: p.label and len(scene.children(p)) == 1)
    where = f"id NOT IN (SELECT {ref.name} FROM {child.name})"
    statement, look = (
        f"DELETE FROM {parent.name} WHERE {where}",
        f"SELECT id, {parent.key} FROM {parent.name} WHERE {where}",
    )
    if len(scene.query(look)) > 12:
        raise Unfit
    prompt = scene.phrase(
        "Delete all {many} {who} {never}.",
        "Remove the {many} {who} {never}.",
        "Clean up: delete the {many} {who} {never}.",
        "The {many} {who} {never} can be deleted. Do that.",
        many=parent.many,
        who=parent.who,
        never=ref.never,
    )
    words = {"child": child.name, "parent": parent.name, "ref": ref.name, "many": parent.many}
    steps = [step("childless", look, **words), step("delete-childless", statement, **words)]
    verify = step("verify", f"SELECT COUNT(*) FROM {parent.name} WHERE {where}", **words, table=parent.name)
    return change(scene, prompt, [statement], [*steps, verify])


@collect(CHANGES, 5)
def hand_over(scene: Scene) -> Draft:
    """As in "Transfer all houses sold by Ana Lopes to Ben Costa and then delete Ana Lopes."."""
    child, ref, parent = scene.family(parent=lambda p: p.label and len(scene.children(p)) == 1)
    old = scene.row(parent, f"id IN (SELECT {ref.name} FROM {child.name})")
    new = scene.row(parent, f"id <> {old['id']}")
    move = f"UPDATE {child.name} SET {ref.name} = {{new}} WHERE {ref.name} = {{old}}"
    remove = f"DELETE FROM {parent.name} WHERE id = {{old}}"
    prompt = scene.phrase(
        "Transfer all {many} {mod} to {new}, then delete {old}.",
        "{old} is to be removed. First reassign all {many} {mod} to {new}, then delete {old}.",
        "Reassign the {many} {mod} to {new} and delete {old} afterwards.",
        "We are deleting {old}. Give all {many} {mod} to {new} first.",
        many=child.many,
        mod=ref.mod.format(v=scene.name(parent, old)),
        old=scene.name(parent, old),
        new=scene.name(parent, new),
    )
    ids = {"old": old["id"], "new": new["id"]}
    words = {"child": child.name, "parent": parent.name, "ref": ref.name, "many": child.many}
    words |= {"old_name": str(old[parent.key]), "new_name": str(new[parent.key])}
    steps = [
        find_row(parent, old, "old"),
        find_row(parent, new, "new"),
        step("move-children", move, **words),
        step("delete-old", remove, **words),
        step("verify", f"SELECT COUNT(*) FROM {child.name} WHERE {ref.name} = {{old}}", **words, table=child.name),
    ]
    return change(scene, prompt, [move.format(**ids), remove.format(**ids)], steps)


@collect(CHANGES, 5)
def add_with_child(scene: Scene) -> Draft:
    """As in "Add a new author: name ... Then add a book written by this author: title ..."."""
    child, ref, parent = scene.family(
        parent=lambda p: p.label and not p.of_kind(Ref), child=lambda c: len(c.of_kind(Ref)) == 1
    )
    above, said_above, looks = new_row(scene, parent)
    below, said_below, more_looks = new_row(scene, child)
    find = f"SELECT id FROM {parent.name} WHERE {parent.key} = {above[parent.key]}"
    first, second = insert(parent, above), insert(child, {ref.name: "{found}", **below})
    prompt = scene.phrase(
        "Add a new {one}: {row}. Then add {a_child} {mod}: {child_row}.",
        "Register a new {one} ({row}) and {a_child} {mod} ({child_row}).",
        "There is a new {one}: {row}. Add it, and also {a_child} {mod}: {child_row}.",
        "Enter {a_one} with {row}. Then enter {a_child} {mod}: {child_row}.",
        one=parent.noun,
        a_one=article(parent.noun),
        row=described(said_above),
        a_child=article(child.noun),
        mod=ref.mod.format(v=f"this {parent.noun}"),
        child_row=described(said_below),
    )
    words = {"child": child.name, "parent": parent.name, "ref": ref.name, "one": child.noun}
    name = above[parent.key].strip("'")
    steps = [
        *looks,
        *more_looks,
        step("insert", first, table=parent.name, one=parent.noun),
        step("find-new", find, save="found", table=parent.name, name=name, one=parent.noun),
        step("insert-child", second, **words),
        step("verify", f"SELECT * FROM {child.name} WHERE {ref.name} = {{found}}", **words, table=child.name),
    ]
    scene.database.run(first)
    ((new_id,),) = scene.query(find)
    scene.database.run(f"DELETE FROM {parent.name} WHERE id = {new_id}")
    return change(scene, prompt, [first, second.format(found=new_id)], steps)
