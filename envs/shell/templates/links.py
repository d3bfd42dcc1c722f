"""Symbolic links: where they lead, making and mending them, difficulties 2 to 5."""

import posixpath

from envs.shell.templates.base import Draft, Scene, Template, Unfit, ask, change, collect, step
from envs.shell.templates.places import flat_shelf

__all__ = ["LINKS"]

LINKS: list[Template] = []


@collect(LINKS, 2)
def follow_link(scene: Scene) -> Draft:
    """As in "Which file does latest.jpg lead to in the end?"."""
    shelf = scene.pick(scene.world.shelves)
    goal = scene.pick(scene.tree.below(shelf.path))
    top, ending = posixpath.dirname(shelf.path), posixpath.splitext(goal)[1]
    names = scene.rng.sample(("latest", "current", "chosen", "default", "best", "main"), scene.rng.randint(2, 3))
    target = posixpath.relpath(goal, top)
    for name in names:
        scene.plant(f"{top}/{name}{ending}", {"link": target, "modified": scene.moment()})
        target = f"{name}{ending}"
    link = f"{top}/{names[-1]}{ending}"
    prompt = scene.phrase(
        "{link} is a symbolic link. Which file does it lead to in the end? Give the full path.",
        "Follow {link} to the real file behind it and tell me its absolute path.",
        "If I open {link}, which file do I really get? It goes through more than one link; I need the full path.",
        "What is the final target of the link {link}? An absolute path, please.",
        link=scene.name(link),
    )
    file, words = scene.word(link), {"link": scene.name(link), "folder": scene.name(top)}
    look = f"find {scene.word(top)} -maxdepth 1 -type l -printf '%f -> %l\\n' | sort"
    command = scene.pick((f"readlink -f {file}", f"realpath {file}", f"readlink -e {file}"))
    steps = [step("list-links", look, **words), step("resolve", command, save="path", **words)]
    return ask(prompt, steps, {"kind": "path", "value": goal}, "«path»")


@collect(LINKS, 2)
def point_link(scene: Scene) -> Draft:
    """As in "Let current point to release 1.4.2"."""
    shelf = scene.pick(scene.world.shelves)
    top = posixpath.dirname(shelf.path)
    major = scene.rng.randint(1, 4)
    versions = [f"{major}.{minor}.{scene.rng.randint(0, 4)}" for minor in scene.rng.sample(range(9), 4)]
    for version in versions:
        scene.plant(f"{top}/releases/{version}/VERSION", {"text": f"{version}\n", "modified": scene.moment()})
    ordered = sorted(versions)
    link, old, new = f"{top}/current", ordered[0], scene.pick(ordered[1:])
    scene.plant(link, {"link": f"releases/{old}", "modified": scene.moment()})
    prompt = scene.phrase(
        "The link {link} should lead to releases/{new} beside it instead of the old release. Keep it a relative link.",
        "Switch {link} over to release {new}. It is a symbolic link into the folder releases; keep the target "
        "relative.",
        "We go to version {new} today: please let the symbolic link {link} point to releases/{new} (relative, as now).",
        "Change the symbolic link {link} so that its target is releases/{new}.",
        link=scene.name(link),
        new=new,
    )
    here, words = scene.word(top), {"link": scene.name(link), "new": new}
    commands = (
        f"ln -sfn releases/{new} {here}/current",
        f"rm {here}/current && ln -s releases/{new} {here}/current",
        f"(cd {here} && ln -sfn releases/{new} current)",
    )
    steps = [
        step("see-link", f"readlink {here}/current; ls {here}/releases", **words),
        step("point", scene.pick(commands), **words),
        step("check-link", f"readlink {here}/current; cat {here}/current/VERSION", **words),
    ]
    return change(prompt, steps, {link: {"link": f"releases/{new}"}})


def _plant_links(scene: Scene) -> tuple[str, list[str]]:
    """A folder of links to files of a shelf, some broken: its path, and the paths of the broken ones."""
    shelf = scene.pick(scene.world.shelves)
    folder = f"{posixpath.dirname(shelf.path)}/{scene.pick(('shortcuts', 'links', 'favourites', 'selected'))}"
    goals = scene.some(scene.tree.below(shelf.path), 6, 9)
    lost = scene.some(goals, 2, 4)
    for goal in goals:
        stem, ending = posixpath.splitext(goal)
        aim, link = f"{stem}-old{ending}" if goal in lost else goal, f"{folder}/{posixpath.basename(goal)}"
        if link in scene.tree or (goal in lost and aim in scene.tree):
            raise Unfit
        scene.plant(link, {"link": posixpath.relpath(aim, folder), "modified": scene.moment()})
    return folder, [f"{folder}/{posixpath.basename(goal)}" for goal in lost]


@collect(LINKS, 2)
def name_broken_links(scene: Scene) -> Draft:
    """As in "Which links in ~/links are broken?"."""
    folder, broken = _plant_links(scene)
    prompt = scene.phrase(
        "Which symbolic links in {folder} are broken?",
        "Some links in {folder} lead nowhere. List their names.",
        "Find the dangling symbolic links in {folder}, please. Names are enough.",
        "I renamed a few files and now links in {folder} do not work any more. Which ones?",
        folder=scene.name(folder),
    )
    place = scene.word(folder)
    commands = (
        f"find {place} -xtype l -printf '%f\\n' | sort",
        f'for f in {place}/*; do [ -e "$f" ] || basename "$f"; done',
        f"find {place} -type l ! -exec test -e {{}} \\; -print | sort",
    )
    steps = [step("broken", scene.pick(commands), save="names", folder=scene.name(folder))]
    if scene.pick((True, False)):
        look = f"find {place} -type l -printf '%f -> %l\\n' | sort | head -5"
        steps.insert(0, step("list-links", look, folder=scene.name(folder)))
    return ask(prompt, steps, {"kind": "set", "of": "name", "value": broken}, "«names»")


@collect(LINKS, 3)
def delete_broken_links(scene: Scene) -> Draft:
    """As in "Delete the links in ~/links that lead nowhere"."""
    folder, broken = _plant_links(scene)
    prompt = scene.phrase(
        "Delete the symbolic links in {folder} whose target does not exist. The others stay.",
        "Clean {folder}: remove every broken link, keep those that work.",
        "Please get rid of the dangling links in {folder}, but of no other file.",
        "In {folder} some links lead nowhere since I renamed files. Delete just these links.",
        folder=scene.name(folder),
    )
    place, words = scene.word(folder), {"folder": scene.name(folder)}
    commands = (
        f"find {place} -xtype l -delete",
        f'for f in {place}/*; do [ -e "$f" ] || rm "$f"; done',
        f"find {place} -xtype l -exec rm {{}} +",
    )
    steps = [
        step("broken", f"find {place} -xtype l -printf '%f -> %l\\n' | sort", **words),
        step("delete-broken", scene.pick(commands), **words),
        step("check-links", f"find {place} -xtype l | wc -l; ls {place} | wc -l", **words),
    ]
    return change(prompt, steps, dict.fromkeys(broken))


@collect(LINKS, 5)
def link_duplicates(scene: Scene) -> Draft:
    """As in "Replace every copy in ~/copies by a relative link to the original in ~/photos"."""
    shelf = flat_shelf(scene)
    top = posixpath.dirname(shelf.path)
    folder = f"{top}/{scene.pick(('selection', 'for-print', 'to-send'))}"
    files = scene.some(scene.tree.below(shelf.path), 5, 7)
    copies = scene.some(files, 2, 4)
    for file in files:
        others = [path for path in scene.tree.below(shelf.path) if path != file]
        source = file if file in copies else scene.pick(others)
        scene.plant(f"{folder}/{posixpath.basename(file)}", {"from": source, "modified": scene.moment()})
    same = [f for f in files if scene.tree[f].content == scene.tree[f"{folder}/{posixpath.basename(f)}"].content]
    if same != copies:
        raise Unfit
    prompt = scene.phrase(
        "Files in {folder} may be exact copies of the file with the same name in {shelf}. Replace each such copy by a "
        "relative symbolic link to its original; a file whose content differs from its namesake stays as it is.",
        "To save space, turn every file of {folder} that is byte for byte the same as the file of that name in "
        "{shelf} into a symbolic link to it, with a relative target. Files that differ must not be touched.",
        "Compare the files in {folder} with those of the same name in {shelf}. Where both are identical, the one in "
        "{folder} should become a relative symlink to the other. Leave the rest.",
        folder=scene.name(folder),
        shelf=scene.name(shelf.path),
    )
    here, there = scene.word(folder), scene.word(shelf.path)
    up = posixpath.relpath(shelf.path, folder)
    words = {"folder": scene.name(folder), "shelf": scene.name(shelf.path), "up": up}
    compare = f'for f in {here}/*; do cmp -s "$f" {there}/"$(basename "$f")" && echo "$(basename "$f") same"'
    commands = (
        f'cd {here} && for f in *; do if cmp -s "$f" {up}/"$f"; then ln -sf {up}/"$f" "$f"; fi; done',
        f'cd {here} && for f in *; do cmp -s "$f" {up}/"$f" && rm "$f" && ln -s {up}/"$f" "$f"; done; true',
    )
    steps = [
        step("look", f"ls {here}", folder=words["folder"]),
        step("compare", f'{compare} || echo "$(basename "$f") differs"; done', **words),
        step("link-copies", scene.pick(commands), **words),
        step("check-links-made", "find . -type l -printf '%f -> %l\\n' | sort", **words),
    ]
    links = {f"{folder}/{posixpath.basename(file)}": {"link": posixpath.relpath(file, folder)} for file in copies}
    return change(prompt, steps, links)
