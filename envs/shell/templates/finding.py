"""Questions about which file, difficulties 1 to 3."""

import posixpath
from datetime import UTC, datetime

from envs.shell.english import say_day
from envs.shell.templates.base import Draft, Scene, Template, Unfit, ask, collect, step
from envs.shell.templates.places import flat_shelf, shelf_with_folders, untied, within

__all__ = ["FINDING"]

FINDING: list[Template] = []


@collect(FINDING, 1)
def largest_file(scene: Scene) -> Draft:
    """As in "Which file in ~/photos is the largest?"."""
    shelf = flat_shelf(scene)
    sizes = {path: len(scene.tree[path].content) for path in scene.tree.below(shelf.path)}
    untied(list(sizes.values()))
    prompt = scene.phrase(
        "Which file in {folder} is the largest?",
        "What is the name of the biggest file in {folder}?",
        "My disk is filling up. Which file in {folder} takes the most space?",
        "Please find the largest of the {nouns} in {folder}.",
        "Name of the biggest file in {folder}?",
        folder=scene.name(shelf.path),
        nouns=shelf.nouns,
    )
    folder, number = scene.word(shelf.path), scene.pick((1, 3, 4))
    by_ls = (f"ls -S {folder} | head -{number}", r"\A(.+)$")
    by_find = (f"find {folder} -type f -printf '%s %f\\n' | sort -rn | head -{number}", r"\A\d+ (.+)$")
    command, find = scene.pick((by_ls, by_find))
    steps = [step("largest", command, save="name", find=find, folder=scene.name(shelf.path))]
    return ask(prompt, steps, {"kind": "name", "value": max(sizes, key=sizes.get)}, "«name»")


@collect(FINDING, 1)
def newest_file(scene: Scene) -> Draft:
    """As in "Which file in ~/docs was changed last?"."""
    shelf = flat_shelf(scene)
    times = {path: scene.tree[path].modified for path in scene.tree.below(shelf.path)}
    newest = scene.pick((True, False))
    prompt = scene.phrase(
        "Which file in {folder} was changed {last}?",
        "What is the file in {folder} with the {oldest} modification time?",
        "I forgot which of the {nouns} in {folder} I changed {last}. Which one is it?",
        "Give me the name of the {newest} file in {folder}, going by modification time.",
        folder=scene.name(shelf.path),
        nouns=shelf.nouns,
        last="last" if newest else "longest ago",
        oldest="most recent" if newest else "oldest",
        newest="newest" if newest else "oldest",
    )
    folder, reverse = scene.word(shelf.path), "" if newest else "r"
    order = "rn" if newest else "n"
    by_ls = (f"ls -t{reverse} {folder} | head -{scene.pick((1, 3))}", r"\A(.+)$")
    by_find = (f"find {folder} -type f -printf '%T@ %f\\n' | sort -{order} | head -1", r"\A\S+ (.+)$")
    command, find = scene.pick((by_ls, by_find))
    words = {"folder": scene.name(shelf.path), "newest": "newest" if newest else "oldest"}
    steps = [step("newest", command, save="name", find=find, **words)]
    value = (max if newest else min)(times, key=times.get)
    return ask(prompt, steps, {"kind": "name", "value": value}, "«name»")


@collect(FINDING, 3)
def largest_three(scene: Scene) -> Draft:
    """As in "Name the three largest files in ~/photos, the largest first"."""
    shelf = scene.pick(scene.world.shelves)
    sizes = {path: len(scene.tree[path].content) for path in scene.tree.below(shelf.path)}
    ordered = sorted(sizes, key=sizes.get, reverse=True)[:4]
    if len(ordered) < 4 or len({sizes[path] for path in ordered}) < 4:
        raise Unfit
    prompt = scene.phrase(
        "Name the three largest files {within}, the largest first.",
        "What are the three biggest {nouns} {within}? Give their names in order, biggest first.",
        "I have to free some space. Which three files {within} are the largest? In descending order, names only.",
        "The top three by size of all files {within}, please: one name per line, the largest on top.",
        within=within(scene, shelf),
        nouns=shelf.nouns,
    )
    folder = scene.word(shelf.path)
    listed, names_only = f"find {folder} -type f -printf '%s %f\\n' | sort -rn", ("cut -d' ' -f2-", "awk '{print $2}'")
    steps = [
        step("sizes", f"{listed} | head -4", folder=scene.name(shelf.path)),
        step("three-names", f"{listed} | head -3 | {scene.pick(names_only)}", save="names"),
    ]
    return ask(prompt, steps, {"kind": "list", "of": "name", "value": ordered[:3]}, "«names»")


@collect(FINDING, 2)
def where_is(scene: Scene) -> Draft:
    """As in "Where is the file harbour-003.jpg?"."""
    shelf = shelf_with_folders(scene)
    path = scene.pick(scene.tree.below(shelf.path))
    name = posixpath.basename(path)
    if sum(posixpath.basename(other) == name for other in scene.tree) > 1:
        raise Unfit
    top = posixpath.dirname(shelf.path)
    words = {"name": name, "top": scene.name(top)}
    steps = [
        step("look", f"ls -p {scene.word(top)}", folder=words["top"]),
        step("find-name", f"find {scene.word(top)} {scene.pick(('', '-type f '))}-name '{name}'", save="path", **words),
    ]
    if scene.pick((True, False)):
        prompt = scene.phrase(
            "Somewhere below {top} there is a file {name}. What is its full path?",
            "Where is the file {name}? It should be below {top}.",
            "Please look for {name} under {top} and give me the path.",
            "I need the full path of {name}; it is in one of the folders under {top}.",
            **words,
        )
        return ask(prompt, steps, {"kind": "path", "value": path}, "«path»")
    prompt = scene.phrase(
        "I cannot find {name} any more. It must be under {top}. Which folder is it in?",
        "Which folder under {top} contains the file {name}? Give the folder's path.",
        "In what folder is {name}? I only know that it is somewhere below {top}.",
        **words,
    )
    steps.append(step("folder-of", "dirname «path»", save="folder"))
    return ask(prompt, steps, {"kind": "path", "value": posixpath.dirname(path)}, "«folder»")


@collect(FINDING, 2)
def changed_before(scene: Scene) -> Draft:
    """As in "Which files in ~/docs were last changed before 1 July 2023?"."""
    shelf = scene.pick(scene.world.shelves)
    files = scene.tree.below(shelf.path)
    times = sorted(scene.tree[path].modified for path in files)
    number = scene.rng.randint(2, 5)
    before = scene.pick((True, False))
    middle = times[number] if before else times[-number]
    day = datetime.fromtimestamp(middle, UTC).date()
    midnight = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
    found = [path for path in files if (scene.tree[path].modified < midnight) == before]
    if not 2 <= len(found) <= 6:
        raise Unfit
    prompt = scene.phrase(
        "Which files {within} were last changed {when}? The names will do.",
        "List the files {within} that were modified {when}.",
        "Give me all files {within} with a modification time {when}.",
        "I am sorting out what is old. Which of the {nouns} {within} were changed {when}?",
        within=within(scene, shelf),
        nouns=shelf.nouns,
        when=f"before {say_day(str(day))}" if before else f"on or after {say_day(str(day))}",
    )
    folder, test = scene.word(shelf.path), f"{'! ' if before else ''}-newermt {day}"
    shown = f"find {folder} -type f {test} -printf '%TY-%Tm-%Td %f\\n' | sort"
    plain = f"find {folder} -type f {test} -printf '%f\\n' | sort"
    words = {"folder": scene.name(shelf.path), "day": str(day), "before": "before" if before else "after"}
    steps = [step("changed-before", plain, save="names", **words)]
    if scene.pick((True, False)):
        steps.insert(0, step("with-days", shown, **words))
        steps[1]["kind"] = "names-only"
    return ask(prompt, steps, {"kind": "set", "of": "name", "value": found}, "«names»")


@collect(FINDING, 2)
def larger_than(scene: Scene) -> Draft:
    """As in "Which files in ~/docs are larger than 9000 bytes?"."""
    shelf = scene.pick(scene.world.shelves)
    files = scene.tree.below(shelf.path)
    sizes = sorted(len(scene.tree[path].content) for path in files)
    large = scene.pick((True, False))
    limit = sizes[-scene.rng.randint(3, 6)] if large else sizes[scene.rng.randint(2, 5)]
    limit = round(limit, -2 if limit > 999 else -1)
    found = [p for p in files if (len(scene.tree[p].content) > limit if large else len(scene.tree[p].content) < limit)]
    if not 2 <= len(found) <= 7 or limit in sizes:
        raise Unfit
    prompt = scene.phrase(
        "Which files {within} are {larger} than {limit} bytes?",
        "List the names of all files {within} that are {larger} than {limit} bytes.",
        "Find every file {within} with a size of {more} than {limit} bytes.",
        "I need to know which of the {nouns} {within} are {larger} than {limit} bytes. Just the names, please.",
        within=within(scene, shelf),
        nouns=shelf.nouns,
        larger="larger" if large else "smaller",
        more="more" if large else "less",
        limit=limit,
    )
    folder, test = scene.word(shelf.path), f"-size {'+' if large else '-'}{limit}c"
    words = {"folder": scene.name(shelf.path), "limit": limit, "larger": "larger" if large else "smaller", "test": test}
    steps = [step("larger", f"find {folder} -type f {test} -printf '%f\\n' | sort", save="names", **words)]
    if scene.pick((True, False)):
        sizes_shown = f"find {folder} -type f -printf '%s %f\\n' | sort -{'rn' if large else 'n'} | head -8"
        steps.insert(0, step("sizes", sizes_shown, folder=words["folder"]))
    return ask(prompt, steps, {"kind": "set", "of": "name", "value": found}, "«names»")


@collect(FINDING, 2)
def files_with_word(scene: Scene) -> Draft:
    """As in "Which of the source files contain TODO?"."""
    shelf = scene.pick(
        [s for s in scene.world.shelves if s.content in ("notes", "letter", "mail", "python", "html", "css")]
    )
    word = scene.pick(("TODO", "FIXME", "Urgent", "Draft", *scene.scenario.people))
    files = scene.tree.below(shelf.path)
    found = [path for path in files if word.encode() in scene.tree[path].content]
    if not 2 <= len(found) <= 6:
        raise Unfit
    prompt = scene.phrase(
        'Which files {within} contain "{word}"? Give their names.',
        'List the {nouns} {within} in which "{word}" occurs.',
        'Somebody asked me where "{word}" comes up. Which files {within} have it?',
        'Names of all files {within} with "{word}" in them, please.',
        within=within(scene, shelf),
        nouns=shelf.nouns,
        word=word,
    )
    folder, quoted = scene.word(shelf.path), f"'{word}'" if " " in word else word
    command = scene.pick(
        (f"grep -rl {quoted} {folder} | sort", f"find {folder} -type f -exec grep -l {quoted} {{}} + | sort")
    )
    words = {"word": word, "folder": scene.name(shelf.path)}
    steps = [step("files-with", command, save="paths", **words)]
    return ask(prompt, steps, {"kind": "set", "of": "name", "value": found}, "«paths»")


@collect(FINDING, 3)
def newest_of_each(scene: Scene) -> Draft:
    """As in "For each subfolder of ~/photos, which file was changed last?"."""
    shelf = shelf_with_folders(scene)
    newest = []
    for name in shelf.subfolders:
        files = scene.tree.below(f"{shelf.path}/{name}")
        newest.append(max(files, key=lambda path: scene.tree[path].modified) if len(files) > 1 else "")
    if not all(newest):
        raise Unfit
    prompt = scene.phrase(
        "For each subfolder of {folder}, which file was changed last? Give one file name per subfolder.",
        "Look through the subfolders of {folder} and tell me the most recently modified file of each.",
        "I want to know where work stopped: name the newest file in every subfolder of {folder}.",
        "What is the newest file, by modification time, in each of the folders below {folder}? File names are enough.",
        folder=scene.name(shelf.path),
    )
    folder = scene.word(shelf.path)
    loops = (
        f'for d in {folder}/*; do ls -t "$d" | head -1; done',
        f"for d in {folder}/*; do find \"$d\" -type f -printf '%T@ %f\\n' | sort -rn | head -1 | cut -d' ' -f2-; done",
    )
    steps = [
        step("look", f"ls -p {folder}", folder=scene.name(shelf.path)),
        step("newest-each", scene.pick(loops), save="names", folder=scene.name(shelf.path)),
    ]
    return ask(prompt, steps, {"kind": "set", "of": "name", "value": newest}, "«names»")
