"""Modes of files: questions and changes, difficulties 1 to 5."""

import posixpath

from envs.shell.templates.base import Draft, Scene, Template, ask, change, collect, step
from envs.shell.templates.places import flat_shelf

__all__ = ["PERMISSIONS"]

PERMISSIONS: list[Template] = []


@collect(PERMISSIONS, 1)
def make_executable(scene: Scene) -> Draft:
    """As in "Make the script backup.sh executable"."""
    shelf = scene.pick(scene.world.shelves)
    name = scene.pick(("backup", "cleanup", "publish", "sync", "nightly", "rename-all", "report"))
    path = f"{posixpath.dirname(shelf.path)}/{name}.sh"
    text = f"#!/bin/bash\n# Runs over {shelf.path}.\nls {shelf.path} | wc -l\n"
    scene.plant(path, {"text": text, "modified": scene.moment()})
    who, mode, flags = scene.pick(
        (("everyone", "755", ("+x", "a+x", "755")), ("its owner only", "744", ("u+x", "744")))
    )
    prompt = scene.phrase(
        "Make the script {script} executable for {who}.",
        "{script} should be executable for {who}. Leave its other permissions as they are.",
        "I cannot run {script}: it lacks the execute permission. Set it for {who}.",
        "Please give {script} the execute permission, for {who}.",
        script=scene.name(path),
        who=who,
    )
    file = scene.word(path)
    look = step("modes", f"stat -c '%a %n' {file}", path=scene.name(path))
    set_mode = step("chmod", f"chmod {scene.pick(flags)} {file}", path=scene.name(path), who=who)
    check = step("check-mode", f"stat -c %a {file}", path=scene.name(path), mode=mode)
    return change(prompt, [look, set_mode, check], {path: {"mode": mode}})


@collect(PERMISSIONS, 1)
def protect_file(scene: Scene) -> Draft:
    """As in "Only the owner may read secrets.txt"."""
    shelf = scene.pick(scene.world.shelves)
    name = scene.pick(("password.txt", "api-key.txt", "id_ed25519", "private-notes.txt", "token.txt", "bank.txt"))
    path = f"{posixpath.dirname(shelf.path)}/{name}"
    text = f"{scene.rng.randbytes(12).hex()}\n"
    scene.plant(path, {"text": text, "mode": scene.pick(("644", "664", "640")), "modified": scene.moment()})
    may, mode, flags = scene.pick(
        (("read and write", "600", ("600", "u=rw,go=")), ("read but not write", "400", ("400", "u=r,go=")))
    )
    prompt = scene.phrase(
        "Set the permissions of {file} so that its owner can {may} it and nobody else has any access.",
        "Nobody but the owner should get at {file}. The owner must be able to {may} it.",
        "Please protect {file}: the owner may {may} it, all others may do nothing with it.",
        "{file} is open to others. Change its mode: the owner can {may} it, group and others have no access.",
        file=scene.name(path),
        may=may,
    )
    file = scene.word(path)
    look = step("modes", f"stat -c '%a %n' {file}", path=scene.name(path))
    set_mode = step("chmod-owner", f"chmod {scene.pick(flags)} {file}", path=scene.name(path), mode=mode)
    check = step("check-mode", f"stat -c %a {file}", path=scene.name(path), mode=mode)
    return change(prompt, [look, set_mode, check], {path: {"mode": mode}})


def _open_some(scene: Scene, files: list[str]) -> list[str]:
    """Make some files writable for everyone."""
    chosen = scene.some(files, 2, 5)
    for path in chosen:
        scene.plant(path, {"from": path, "mode": scene.pick(("666", "646", "666"))})
    for path in scene.some([path for path in files if path not in chosen], 1, 2):
        scene.plant(path, {"from": path, "mode": "664"})
    return chosen


@collect(PERMISSIONS, 2)
def find_writable(scene: Scene) -> Draft:
    """As in "Which files in ~/docs can be written by anyone?"."""
    shelf = scene.pick(scene.world.shelves)
    chosen = _open_some(scene, scene.tree.below(shelf.path))
    prompt = scene.phrase(
        "Which files under {folder} are writable for everyone? Their names will do.",
        "List the files below {folder} that others (not only owner and group) may write to.",
        "Security check: find all files under {folder} that any user could change, and name them.",
        "Names of all world-writable files in {folder} and below, please.",
        folder=scene.name(shelf.path),
    )
    folder = scene.word(shelf.path)
    commands = (
        f"find {folder} -type f -perm -o+w -printf '%f\\n' | sort",
        f"find {folder} -type f -perm -002 -printf '%f\\n' | sort",
        f"find {folder} -type f -perm /o=w -printf '%f\\n' | sort",
    )
    steps = [step("world-writable", scene.pick(commands), save="names", folder=scene.name(shelf.path))]
    if scene.pick((True, False)):
        steps.insert(
            0,
            step(
                "some-modes",
                f"find {folder} -type f -printf '%m %f\\n' | sort -r | head -6",
                folder=scene.name(shelf.path),
            ),
        )
    return ask(prompt, steps, {"kind": "set", "of": "name", "value": chosen}, "«names»")


@collect(PERMISSIONS, 3)
def close_writable(scene: Scene) -> Draft:
    """As in "Take write permission from others on all files under ~/docs that have it"."""
    shelf = scene.pick(scene.world.shelves)
    chosen = _open_some(scene, scene.tree.below(shelf.path))
    prompt = scene.phrase(
        "Some files under {folder} can be written by anyone. Take that write permission away from others; owner and "
        "group keep what they have.",
        "Find the world-writable files under {folder} and remove the write permission for others, nothing else.",
        "Please make sure that no file below {folder} is writable for others. All other permissions must stay.",
        "No file in {folder} or its subfolders may be world-writable. Fix those that are, and change no other bit.",
        folder=scene.name(shelf.path),
    )
    folder, name = scene.word(shelf.path), scene.name(shelf.path)
    commands = (
        f"find {folder} -type f -perm -o+w -exec chmod o-w {{}} +",
        f"find {folder} -type f -perm -002 -print0 | xargs -0 chmod o-w",
        f"find {folder} -type f -perm -002 -exec chmod o-w {{}} \\;",
    )
    look = f"find {folder} -type f -perm -o+w -printf '%m %p\\n' | sort"
    steps = [
        step("world-writable", look, folder=name),
        step("close", scene.pick(commands), folder=name),
        step("check-modes", f"find {folder} -type f -printf '%m\\n' | sort | uniq -c", folder=name),
    ]
    closed = {path: {"mode": f"{scene.tree[path].mode & ~0o002:o}"} for path in chosen}
    return change(prompt, steps, closed)


@collect(PERMISSIONS, 3)
def modes_recursive(scene: Scene) -> Draft:
    """As in "Set all folders under ~/docs to 750 and all files to 640"."""
    shelf = scene.pick(scene.world.shelves)
    above, below = scene.pick((("750", "640"), ("700", "600"), ("755", "640"), ("711", "600")))
    prompt = scene.phrase(
        "Set the mode of {folder} and all folders below it to {above}, and of all files in them to {below}.",
        "In {folder} and everything below it, folders should have mode {above} and files mode {below}.",
        "Please fix the permissions of the whole tree {folder}: {above} for folders (itself included), {below} for "
        "files.",
        "For {folder} I want {below} on every file and {above} on every folder, the top one too.",
        folder=scene.name(shelf.path),
        above=above,
        below=below,
    )
    folder, name = scene.word(shelf.path), scene.name(shelf.path)
    words = {"folder": name, "above": above, "below": below}
    two = f"find {folder} -type d -exec chmod {above} {{}} + && find {folder} -type f -exec chmod {below} {{}} +"
    one_find = f"find {folder} -type d -exec chmod {above} {{}} + -o -type f -exec chmod {below} {{}} +"
    piped = f"find {folder} -type d | xargs chmod {above}; find {folder} -type f | xargs chmod {below}"
    tally = f"find {folder} -printf '%y %m\\n' | sort | uniq -c"
    steps = [
        step("tally-modes", tally, **words),
        step("set-modes", scene.pick((two, one_find, piped)), **words),
        step("check-modes", tally, **words),
    ]
    changes = {path: {"mode": above} for path in [shelf.path, *scene.tree.folders(shelf.path)]}
    return change(prompt, steps, changes | {path: {"mode": below} for path in scene.tree.below(shelf.path)})


@collect(PERMISSIONS, 5)
def modes_by_list(scene: Scene) -> Draft:
    """As in "modes.csv says which mode each file must have"."""
    shelf = flat_shelf(scene)
    files = scene.tree.below(shelf.path)
    chosen = scene.some(files, 5, 8)
    wanted = {path: scene.pick(("600", "640", "644", "664", "660", "440")) for path in chosen}
    path = f"{posixpath.dirname(shelf.path)}/modes.csv"
    rows = scene.rng.sample(sorted(wanted.items()), len(wanted))
    text = "file,mode\n" + "".join(f"{posixpath.basename(file)},{mode}\n" for file, mode in rows)
    scene.plant(path, {"text": text, "modified": scene.moment()})
    for file in scene.some(chosen, 1, 2):
        scene.plant(file, {"from": file, "mode": wanted[file]})
    prompt = scene.phrase(
        "{list} says which mode some of the files in {folder} must have. Set the modes accordingly, and write the "
        "names of the files whose mode you had to change to {target}, one a line.",
        "Bring the files in {folder} to the modes listed in {list}. I also need a record: {target} with the name of "
        "each file that had another mode before, one per line, in any order.",
        "In {list} there is a mode for a number of files of {folder}. Apply it. Files that have the right mode "
        "already do not count, the names of all others should be in {target} afterwards, one per line.",
        list=scene.name(path),
        folder=scene.name(shelf.path),
        target=scene.name(target := f"{posixpath.dirname(shelf.path)}/changed.txt"),
    )
    changed = {file: mode for file, mode in wanted.items() if f"{scene.tree[file].mode:o}" != mode}
    scene.pick(list(changed))
    folder, listed, out = scene.word(shelf.path), scene.word(path), scene.word(target)
    words = {"folder": scene.name(shelf.path), "list": scene.name(path), "target": scene.name(target)}
    read = f"tail -n +2 {listed} | while IFS=, read -r f m"
    compare = f'{read}; do [ "$(stat -c %a {folder}/"$f")" = "$m" ] || echo "$f"; done > {out}; cat {out}'
    loop = f'{read}; do chmod "$m" {folder}/"$f"; done'
    by_awk = f"(cd {folder} && awk -F, 'NR > 1 {{print $2, $1}}' {path} | xargs -n2 chmod)"
    steps = [
        step("head", f"cat {listed}", file=words["list"]),
        step("record-modes", compare, **words),
        step("apply-modes", scene.pick((loop, by_awk)), **words),
        step("check-list", f"{read}; do stat -c '%a %n' {folder}/\"$f\"; done", **words),
    ]
    changes: dict = {file: {"mode": mode} for file, mode in changed.items()}
    return change(prompt, steps, changes | {target: {"lines": [posixpath.basename(file) for file in changed]}})
