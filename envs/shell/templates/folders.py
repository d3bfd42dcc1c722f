"""Whole folders: making, renaming, moving, dating files, difficulties 1 to 4."""

import posixpath
from datetime import UTC, datetime, timedelta

from envs.shell.english import say_day
from envs.shell.templates.base import Draft, Scene, Template, Unfit, change, collect, step
from envs.shell.templates.places import flat_shelf, kind_of, look_at

__all__ = ["FOLDERS"]

FOLDERS: list[Template] = []


@collect(FOLDERS, 1)
def make_folders(scene: Scene) -> Draft:
    """As in "Create the folder 2025 with subfolders spring and autumn"."""
    top = posixpath.dirname(scene.pick(scene.world.shelves).path)
    name = scene.pick(("2025", "next-year", "new", "planning", "season-5"))
    inner = scene.pick(
        (("spring", "autumn"), ("in", "out"), ("a", "b", "c"), ("texts", "pictures"), ("draft", "ready", "sent"))
    )
    folder = f"{top}/{name}"
    prompt = scene.phrase(
        "Create the folder {folder} with the subfolders {inner}.",
        "I need a new folder {folder}, and in it the empty folders {inner}.",
        "Please make {folder} and, inside it, {inner}. All of them are folders.",
        "Set up an empty folder tree: {folder} with {inner} below it.",
        folder=scene.name(folder),
        inner=" and ".join([", ".join(inner[:-1]), inner[-1]]),
    )
    place = scene.word(folder)
    commands = (f"mkdir -p {place}/{{{','.join(inner)}}}", f"mkdir {place} && cd {place} && mkdir {' '.join(inner)}")
    words = {"folder": scene.name(folder)}
    steps = [
        step("make-folders", scene.pick(commands), **words),
        step("check-tree", f"find {folder} | sort", **words),
    ]
    return change(prompt, steps, {path: {"folder": True} for path in [folder, *(f"{folder}/{name}" for name in inner)]})


@collect(FOLDERS, 1)
def rename_file(scene: Scene) -> Draft:
    """As in "Rename cart.md to basket.md"."""
    shelf = flat_shelf(scene)
    path = scene.pick(scene.tree.below(shelf.path))
    stem, ending = posixpath.splitext(posixpath.basename(path))
    name = scene.pick((f"{stem}-old", f"{stem}-checked", f"old-{stem}", f"{stem}-v{scene.rng.randint(2, 5)}"))
    new = f"{shelf.path}/{name}{ending}"
    if new in scene.tree:
        raise Unfit
    copy = scene.pick((True, False))
    prompt = scene.phrase(
        "{Verb} {path} to {new}, in the same folder.",
        "In {folder}, {verb} the file {name} to {new}.",
        "Please {verb} {path}; the new name is {new}, the folder stays the same.",
        "{Verb} one of the {nouns} in {folder}: {name} to {new}.",
        Verb="Copy" if copy else "Rename",
        verb="copy" if copy else "rename",
        path=scene.name(path),
        name=posixpath.basename(path),
        folder=scene.name(shelf.path),
        nouns=shelf.nouns,
        new=posixpath.basename(new),
    )
    old, folder = scene.word(path), scene.word(shelf.path)
    verb, name = ("cp", "copy") if copy else ("mv", "rename")
    commands = (
        f"{verb} {old} {scene.word(new)}",
        f"cd {folder} && {verb} {posixpath.basename(path)} {posixpath.basename(new)}",
    )
    words = {"old": posixpath.basename(path), "new": posixpath.basename(new), "folder": scene.name(shelf.path)}
    steps = [
        step(f"{name}-file", scene.pick(commands), **words),
        step("check-named", f"ls {shelf.path} | grep -x -e {words['old']} -e {words['new']}", **words),
    ]
    return change(prompt, steps, {new: {"from": path}} | ({} if copy else {path: None}))


@collect(FOLDERS, 2)
def move_kind(scene: Scene) -> Draft:
    """As in "Move all .txt files of ~/photos into a new folder texts"."""
    shelf = flat_shelf(scene)
    suffix, files = kind_of(scene, shelf, 2, 20)
    above = scene.pick((shelf.path, posixpath.dirname(shelf.path)))
    target = f"{above}/{suffix[1:]}-{scene.pick(('files', 'only', 'old'))}"
    prompt = scene.phrase(
        "Move all {suffix} files from {folder} into the new folder {target}.",
        "Create {target} and move every {suffix} file of {folder} there.",
        "The {suffix} files in {folder} should be in a folder of their own. Please make {target} and move them.",
        "I want the {suffix} files out of {folder}; put them into {target} (it does not exist yet).",
        suffix=suffix,
        folder=scene.name(shelf.path),
        target=scene.name(target),
    )
    folder, out = scene.word(shelf.path), scene.word(target)
    commands = (
        f"mkdir {out} && mv {folder}/*{suffix} {out}/",
        f"mkdir {out} && find {folder} -maxdepth 1 -name '*{suffix}' -exec mv -t {out} {{}} +",
    )
    words = {"suffix": suffix, "folder": scene.name(shelf.path), "target": scene.name(target)}
    steps = [
        step("look", look_at(scene, shelf.path), **words),
        step("move-kind", scene.pick(commands), **words),
        step("check-moved", f"ls {out} | wc -l; ls {folder} | grep -c '\\{suffix}$'; true", **words),
    ]
    changes: dict = dict.fromkeys(files) | {target: {"folder": True}}
    return change(prompt, steps, changes | {f"{target}/{posixpath.basename(p)}": {"from": p} for p in files})


@collect(FOLDERS, 2)
def set_time(scene: Scene) -> Draft:
    """As in "Set the modification time of cart.md to 3 May 2023, 14:30"."""
    shelf = scene.pick(scene.world.shelves)
    path = scene.pick(scene.tree.below(shelf.path))
    moment = datetime(2022, 1, 1, tzinfo=UTC) + timedelta(minutes=scene.rng.randrange(60 * 24 * 360))
    other = scene.pick([p for p in scene.tree.below(shelf.path) if p != path])
    same = scene.pick((True, False))
    when = f"to {say_day(str(moment.date()))}, {moment:%H:%M}:00 UTC"
    prompt = scene.phrase(
        "Set the modification time of {path} {when}.",
        "{path} has the wrong date. Change its modification time {when}.",
        "Please put the modification time of {path} back {when}; the content stays the same.",
        "Touch {path} so that its modification time is set {when}.",
        path=scene.name(path),
        when=f"to that of {scene.name(other)}" if same else when,
    )
    file, model = scene.word(path), scene.word(other)
    commands = (f"touch -d '{moment:%Y-%m-%d %H:%M} UTC' {file}", f"TZ=UTC touch -t {moment:%Y%m%d%H%M} {file}")
    words = {"path": scene.name(path), "other": scene.name(other)}
    steps = [
        step("see-time", f"stat -c '%y %n' {file}" + (f" {model}" if same else ""), **words),
        step("touch-like", f"touch -r {model} {file}", **words)
        if same
        else step("touch", scene.pick(commands), **words),
        step("check-time", f"date -u -r {file} '+%F %T'", **words),
    ]
    goal = scene.tree[other].modified if same else int(moment.timestamp())
    return change(prompt, steps, {path: {"modified": goal}})


_RULES = {
    "upper": (
        "Some names of files in {folder} have capital letters. Rename those files so that all letters are small.",
        "In {folder}, turn every capital letter in a file name into a small one.",
        "Our server wants file names in small letters. Please rename the files in {folder} that have capitals.",
    ),
    "space": (
        "File names in {folder} should not contain spaces. Replace every space by an underscore.",
        "Rename the files in {folder} that have spaces in their names: each space becomes an underscore.",
        "The spaces in some file names in {folder} break my scripts. Please put underscores in their place.",
    ),
    "prefix": (
        'Take the prefix "{prefix}" off the names of the files in {folder} that have it.',
        'Some files in {folder} begin with "{prefix}". Rename them without it.',
        'Please remove "{prefix}" from the start of all file names in {folder} that begin so.',
    ),
    "ending": (
        "Files in {folder} that end in {old} should end in {new} instead. Only the ending of the name changes.",
        "Rename every {old} file in {folder}: the ending becomes {new}.",
        "Please change the ending {old} of the files in {folder} to {new}.",
    ),
}


@collect(FOLDERS, 3)
def rename_by_rule(scene: Scene) -> Draft:
    """As in "Replace the spaces in the file names by underscores"."""
    shelf = flat_shelf(scene)
    files = scene.tree.below(shelf.path)
    rule = scene.pick(list(_RULES))
    prefix = scene.pick(("copy-of-", "new-", "draft-", "tmp-"))
    suffix, kind = kind_of(scene, shelf, 3, 12)
    chosen = kind if rule == "ending" else scene.some(files, 3, 6)
    renamed = {}
    for path in chosen:
        name = posixpath.basename(path)
        stem, ending = posixpath.splitext(name)
        match rule:
            case "upper":
                now, then = scene.pick((name.upper(), stem.title() + ending)), name.lower()
            case "space":
                now = name.replace("-", " ")
                then = now.replace(" ", "_")
            case "prefix":
                now, then = prefix + name, name
            case "ending":
                now, then = name, name.removesuffix(suffix) + f"{suffix}.bak"
        if now == then or f"{shelf.path}/{then}" in renamed.values():
            raise Unfit
        renamed[f"{shelf.path}/{now}"] = f"{shelf.path}/{then}"
        if now != name:
            scene.plant(f"{shelf.path}/{now}", {"from": path})
            scene.plant(path, None)
    if any(path in scene.tree for path in renamed.values()):
        raise Unfit
    request = scene.phrase(*_RULES[rule], folder=scene.name(shelf.path), prefix=prefix, old=suffix, new=f"{suffix}.bak")
    prompt = request + scene.pick(("", " Touch nothing else.", " The other files keep their names."))
    folder = scene.word(shelf.path)
    loop = f"cd {folder} && for f in"
    command = {
        "upper": f'{loop} *[A-Z]*; do mv "$f" "${{f,,}}"; done',
        "space": f'{loop} *\' \'*; do mv "$f" "${{f// /_}}"; done',
        "prefix": f'{loop} {prefix}*; do mv "$f" "${{f#{prefix}}}"; done',
        "ending": f'{loop} *{suffix}; do mv "$f" "$f.bak"; done',
    }[rule]
    test = {"upper": "[A-Z]", "space": " ", "prefix": f"^{prefix}", "ending": f"\\{suffix}"}[rule]
    words = {"folder": scene.name(shelf.path)}
    steps = [
        step("names-to-change", f"ls {folder} | grep '{test}'", **words),
        step(f"rename-{rule}", command, prefix=prefix, suffix=suffix, **words),
        step("check-names", "ls | head -20", **words),
    ]
    return change(prompt, steps, dict.fromkeys(renamed) | {then: {"from": now} for now, then in renamed.items()})


@collect(FOLDERS, 4)
def sort_by_month(scene: Scene) -> Draft:
    """As in "Move the files into folders by the month in their names"."""
    shelf = scene.pick(scene.world.shelves)
    folder = f"{posixpath.dirname(shelf.path)}/{scene.pick(('inbox', 'incoming', 'unsorted'))}"
    start = datetime(2023, scene.rng.randint(1, 9), 1, tzinfo=UTC)
    moved, used = {}, set()
    for _ in range(scene.rng.randint(6, 9)):
        day = (start + timedelta(days=scene.rng.randrange(100))).date()
        name = f"{day}-{scene.pick(shelf.words).replace(' ', '-')}.txt"
        if name not in used:
            used.add(name)
            scene.plant(f"{folder}/{name}", {"text": f"Received on {say_day(str(day))}.\n", "modified": scene.moment()})
            moved[f"{folder}/{name}"] = f"{folder}/{day:%Y-%m}/{name}"
    scene.plant(f"{folder}/README", {"text": "New papers go here.\n", "modified": scene.moment()})
    prompt = scene.phrase(
        "The file names in {folder} begin with a date. Move each file into a subfolder of {folder} for its month, "
        "named like 2023-04. Files without a date in the name stay.",
        "Sort {folder} by month: every file whose name starts with a date goes to {folder}/YEAR-MONTH (for instance "
        "2023-04), all else stays where it is.",
        "Please tidy up {folder}. For each month that occurs at the start of a file name make a folder like 2023-04 "
        "in it, and move the files of the month there. Leave undated files alone.",
        folder=scene.name(folder),
    )
    place, words = scene.word(folder), {"folder": scene.name(folder)}
    loop = "for f in 20*.txt; do"
    commands = (
        f'cd {place} && {loop} m=${{f:0:7}}; mkdir -p $m; mv "$f" $m/; done',
        f'cd {place} && {loop} m=$(echo "$f" | cut -d- -f1,2); mkdir -p $m && mv "$f" $m; done',
        f"cd {place} && for m in $(ls 20*.txt | cut -c1-7 | sort -u); do mkdir $m && mv $m-*.txt $m/; done",
    )
    steps = [
        step("look", f"ls {place}", **words),
        step("sort-files", scene.pick(commands), **words),
        step("check-sorted", "find . -type f | sort", **words),
    ]
    changes: dict = dict.fromkeys(moved)
    for old, new in moved.items():
        changes |= {posixpath.dirname(new): {"folder": True}, new: {"from": old}}
    return change(prompt, steps, changes)
