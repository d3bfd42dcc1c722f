"""Copies: folders that should be the same and files that are, difficulties 3 to 5."""

import posixpath
from collections import defaultdict

from envs.shell.templates.base import Draft, Scene, Template, Unfit, ask, change, collect, step
from envs.shell.templates.places import flat_shelf, is_text

__all__ = ["COPIES"]

COPIES: list[Template] = []


class _Copy:
    """A second folder that was once a copy of a shelf: files are missing in it, changed, or only there."""

    def __init__(self, scene: Scene):
        shelf = flat_shelf(scene)
        self.here = shelf.path
        self.there = f"{posixpath.dirname(shelf.path)}/{scene.pick(('backup', 'mirror', 'usb-stick', 'copy'))}"
        names = [posixpath.basename(path) for path in scene.tree.below(shelf.path)]
        texts = [name for name in names if is_text(name)]
        self.changed = scene.some(texts, 2, 3)
        self.missing = scene.some([name for name in names if name not in self.changed], 2, 4)
        self.extra = [f"{name}-{scene.rng.randint(10, 99)}.txt" for name in ("list", "readme")]
        for name in names:
            if name not in self.missing:
                scene.plant(f"{self.there}/{name}", {"from": f"{self.here}/{name}"})
        for name in self.changed:
            # The same number of bytes: whoever compares only sizes is wrong.
            first, *rest = scene.tree.text(f"{self.here}/{name}").splitlines(keepends=True)
            if [*rest, first] == [first, *rest]:
                raise Unfit
            scene.plant(f"{self.there}/{name}", {"text": "".join([*rest, first]), "modified": scene.moment()})
        for name in self.extra:
            scene.plant(f"{self.there}/{name}", {"text": "Only on this side.\n", "modified": scene.moment()})


@collect(COPIES, 4)
def only_in_one(scene: Scene) -> Draft:
    """As in "Which files of ~/docs are missing from ~/backup?"."""
    copy = _Copy(scene)
    prompt = scene.phrase(
        "{there} should be a copy of {here}. Which files of {here} are missing from it?",
        "Which files are in {here} but not in {there}? Names, please.",
        "Compare {here} with {there}: what exists only in {here}?",
        "Before I delete {here} I want to be sure. List the files in it that have no namesake in {there}.",
        here=scene.name(copy.here),
        there=scene.name(copy.there),
    )
    here, there = scene.word(copy.here), scene.word(copy.there)
    commands = (
        f"comm -23 <(ls {here} | sort) <(ls {there} | sort)",
        f'for f in {here}/*; do [ -e {there}/"$(basename "$f")" ] || basename "$f"; done',
        f"diff <(ls {here}) <(ls {there}) | grep '^<' | cut -c3-",
    )
    words = {"here": scene.name(copy.here), "there": scene.name(copy.there)}
    steps = [
        step("count-both", f"ls {here} | wc -l; ls {there} | wc -l", **words),
        step("only-here", scene.pick(commands), save="names", **words),
    ]
    value = [f"{copy.here}/{name}" for name in copy.missing]
    return ask(prompt, steps, {"kind": "set", "of": "name", "value": value}, "«names»")


@collect(COPIES, 3)
def changed_files(scene: Scene) -> Draft:
    """As in "Which files exist in both folders but differ?"."""
    copy = _Copy(scene)
    prompt = scene.phrase(
        "Which files exist in both {here} and {there} but have different contents?",
        "Compare {here} and {there}. List the files that are in both and are not the same.",
        "Some files in {there} are out of date: they differ from the file of the same name in {here}. Which ones?",
        "Names of the files that both {here} and {there} have, with different content, please.",
        here=scene.name(copy.here),
        there=scene.name(copy.there),
    )
    here, there = scene.word(copy.here), scene.word(copy.there)
    test = '[ -e "$g" ] && ! cmp -s "$f" "$g" && basename "$f"'
    loop = f'for f in {here}/*; do g={there}/$(basename "$f"); {test}; done; true'
    by_diff = f"diff -rq {here} {there} | grep '^Files' | cut -d' ' -f2 | xargs -n1 basename | sort"
    words = {"here": scene.name(copy.here), "there": scene.name(copy.there)}
    steps = [
        step("count-both", f"ls {here} | wc -l; ls {there} | wc -l", **words),
        step("differing", scene.pick((loop, by_diff)), save="names", **words),
    ]
    value = [f"{copy.here}/{name}" for name in copy.changed]
    return ask(prompt, steps, {"kind": "set", "of": "name", "value": value}, "«names»")


@collect(COPIES, 4)
def bring_up_to_date(scene: Scene) -> Draft:
    """As in "Copy to ~/backup what is missing or different, delete nothing"."""
    copy = _Copy(scene)
    prompt = scene.phrase(
        "Bring {there} up to date with {here}: copy the files that are missing there or have another content. Delete "
        "nothing.",
        "{there} is an old copy of {here}. Make every file of {here} be there with the same content, and keep the "
        "files that exist only in {there}.",
        "Please update the backup {there} from {here}. New and changed files are copied, extra files in the backup "
        "stay.",
        here=scene.name(copy.here),
        there=scene.name(copy.there),
    )
    here, there = scene.word(copy.here), scene.word(copy.there)
    commands = (
        f"cp {here}/* {there}/",
        f'for f in {here}/*; do cmp -s "$f" {there}/"$(basename "$f")" || cp "$f" {there}/; done',
        f"cp -r {here}/. {there}/",
    )
    words = {"here": scene.name(copy.here), "there": scene.name(copy.there)}
    steps = [
        step("diff-folders", f"diff -rq {here} {there} | sort | cut -c1-100", **words),
        step("update", scene.pick(commands), **words),
        step("check-same", f"diff -rq {here} {there} | sort | cut -c1-100", **words),
    ]
    changes = {f"{copy.there}/{name}": {"from": f"{copy.here}/{name}"} for name in [*copy.missing, *copy.changed]}
    return change(prompt, steps, changes)


def _duplicates(scene: Scene) -> tuple[str, dict[str, list[str]]]:
    """Copies of some files of a shelf under other names in the same folder, as {first name: other names}."""
    shelf = flat_shelf(scene)
    groups: dict[str, list[str]] = defaultdict(list)
    for path in scene.some(scene.tree.below(shelf.path), 2, 3):
        stem, ending = posixpath.splitext(path)
        for _ in range(scene.rng.randint(1, 2)):
            name = f"{scene.pick(('scan', 'untitled', 'file', 'save'))}-{scene.rng.randint(100, 999)}{ending}"
            copy = f"{posixpath.dirname(stem)}/{name}"
            if copy in scene.tree:
                raise Unfit
            scene.plant(copy, {"from": path, "modified": scene.moment()})
            groups[path].append(copy)
    contents = [scene.tree[path].content for path in scene.tree.below(shelf.path)]
    if len(contents) - len(set(contents)) != sum(map(len, groups.values())):
        raise Unfit
    firsts = {}
    for path, copies in groups.items():
        first, *rest = sorted([path, *copies])
        if first != min([path, *copies], key=str.lower):
            raise Unfit
        firsts[first] = rest
    return shelf.path, firsts


@collect(COPIES, 4)
def name_copies(scene: Scene) -> Draft:
    """As in "Which other files have the same content as cart.md?"."""
    folder, groups = _duplicates(scene)
    first, rest = scene.pick(sorted(groups.items()))
    asked = scene.pick([first, *rest])
    others = [path for path in [first, *rest] if path != asked]
    prompt = scene.phrase(
        "Which other files in {folder} have exactly the same content as {name}?",
        "I think that {name} in {folder} was saved more than once. Under which other names?",
        "Find all copies of {name} in {folder}, by content, and list their names (without {name} itself).",
        "{folder} contains {name}. What other files there are byte for byte the same?",
        folder=scene.name(folder),
        name=posixpath.basename(asked),
    )
    place, name = scene.word(folder), posixpath.basename(asked)
    commands = (
        f'for f in {place}/*; do cmp -s "$f" {place}/{name} && basename "$f"; done | grep -vx \'{name}\'',
        f"(cd {place} && md5sum * | grep \"^$(md5sum < {name} | cut -c1-32)\" | cut -c35- | grep -vx '{name}')",
    )
    words = {"folder": scene.name(folder), "name": name}
    same_size = f"find {place} -type f -size $(stat -c %s {place}/{name})c -printf '%s %f\\n' | sort"
    steps = [step("same-size", same_size, **words), step("same-content", scene.pick(commands), save="names", **words)]
    return ask(prompt, steps, {"kind": "set", "of": "name", "value": others}, "«names»")


@collect(COPIES, 5)
def delete_copies(scene: Scene) -> Draft:
    """As in "Of files with the same content keep only the one whose name comes first"."""
    folder, groups = _duplicates(scene)
    prompt = scene.phrase(
        "Some files in {folder} have the same content. Of each such group keep only the file whose name comes first "
        "in the alphabet and delete the others.",
        "Remove the duplicates in {folder}, by content. Where several files are identical, the one with the "
        "alphabetically first name stays.",
        "Please free some space: {folder} has files that are byte for byte equal. Keep one of each, the first by "
        "name, and delete the rest. Everything else stays.",
        folder=scene.name(folder),
    )
    place, words = scene.word(folder), {"folder": scene.name(folder)}
    listed = f"cd {place} && md5sum * | sort | uniq -w32 -D | cut -c1-8,33-"
    commands = (
        "md5sum * | sort | awk 'seen[$1]++ {print $2}' | xargs rm",
        'last=; md5sum * | sort | while read -r sum f; do [ "$sum" = "$last" ] && rm "$f"; last=$sum; done; true',
    )
    steps = [
        step("same-groups", listed, **words),
        step("delete-later", scene.pick(commands), **words),
        step("check-unique", "md5sum * | cut -d' ' -f1 | sort | uniq -d | wc -l; ls | wc -l", **words),
    ]
    return change(prompt, steps, {path: None for rest in groups.values() for path in rest})
