"""Archives: what is in them, packing and unpacking, difficulties 1 to 5."""

import posixpath

from envs.shell.templates.base import Draft, Scene, Template, ask, change, collect, step
from envs.shell.templates.places import flat_shelf, is_text, kind_of, look_at

__all__ = ["ARCHIVES"]

ARCHIVES: list[Template] = []


def _archive(scene: Scene, folder: str, files: list[str]) -> str:
    """An archive of some files, with names as seen from the folder's parent, planted beside the folder."""
    stem = f"{posixpath.basename(folder)}-{scene.pick(('backup', '2023', 'old', 'copy', 'autumn'))}"
    path = f"{posixpath.dirname(folder)}/{stem}{scene.pick(('.tar.gz', '.tgz', '.tar'))}"
    members = {posixpath.relpath(file, posixpath.dirname(folder)): file for file in files}
    scene.plant(path, {"tar": members, "modified": scene.moment()})
    return path


@collect(ARCHIVES, 1)
def count_members(scene: Scene) -> Draft:
    """As in "How many files are in photos-backup.tar.gz?"."""
    shelf = scene.pick(scene.world.shelves)
    files = scene.some(scene.tree.below(shelf.path), 4, 12)
    path = _archive(scene, shelf.path, files)
    prompt = scene.phrase(
        "How many files are in the archive {archive}?",
        "Do not unpack {archive}, just tell me how many files are in it.",
        "What number of files does {archive} contain?",
        "I need to know how many {nouns} are packed in {archive}.",
        archive=scene.name(path),
        nouns=shelf.nouns,
    )
    file = scene.word(path)
    commands = (f"tar -tf {file} | wc -l", f"tar tf {file} | grep -c .", f"tar --list -f {file} | wc -l")
    steps = [step("count-members", scene.pick(commands), save="count", archive=scene.name(path))]
    return ask(prompt, steps, {"kind": "number", "value": len(files)}, "«count»")


@collect(ARCHIVES, 2)
def extract_one(scene: Scene) -> Draft:
    """As in "Take notes.txt out of the archive and put it into ~/restored"."""
    shelf = flat_shelf(scene)
    files = scene.some(scene.tree.below(shelf.path), 4, 7)
    path = _archive(scene, shelf.path, files)
    wanted = scene.pick(files)
    name, member = posixpath.basename(wanted), posixpath.relpath(wanted, posixpath.dirname(shelf.path))
    target = f"{posixpath.dirname(shelf.path)}/{scene.pick(('restored', 'unpacked', 'from-backup'))}"
    scene.plant(wanted, None)
    prompt = scene.phrase(
        "Take {name} out of {archive} and put it into the new folder {target}. Only this one file, directly in the "
        "folder.",
        "I need one file from {archive}: extract {name} to {target}/{name}, and nothing else.",
        "Please restore just {name} from the archive {archive}. It should end up as {target}/{name}.",
        "Create the folder {target} and put {name} from {archive} into it, without the folder that it has in the "
        "archive.",
        name=name,
        archive=scene.name(path),
        target=scene.name(target),
    )
    file, out = scene.word(path), scene.word(target)
    commands = (
        f"mkdir {out} && tar -xf {file} -C {out} --strip-components=1 {member}",
        f"mkdir {out} && tar -xOf {file} {member} > {out}/{name}",
    )
    words = {"archive": scene.name(path), "name": name, "target": scene.name(target)}
    steps = [
        step("members", f"tar -tf {file} | head -8", **words),
        step("extract-one", scene.pick(commands), member=member, **words),
        step("check-folder", f"ls {out}", **words),
    ]
    return change(prompt, steps, {target: {"folder": True}, f"{target}/{name}": {"from": wanted}})


@collect(ARCHIVES, 2)
def gunzip_file(scene: Scene) -> Draft:
    """As in "Unpack report.txt.gz in place"."""
    shelf = flat_shelf(scene)
    source = scene.pick(scene.tree.below(shelf.path))
    packed = f"{source}.gz"
    scene.plant(packed, {"gzip": source, "modified": scene.moment()})
    scene.plant(source, None)
    keep = scene.pick((True, False))
    prompt = scene.phrase(
        "Unpack {packed} in place{keep}.",
        "{packed} is gzipped. I need the plain file in the same folder{keep}.",
        "Please decompress {packed}, the result goes into the same folder{keep}.",
        "Turn {packed} back into an ordinary file beside it{keep}.",
        packed=scene.name(packed),
        keep=", but keep the compressed file too" if keep else "; the .gz itself is not needed any more",
    )
    file, plain = scene.word(packed), scene.word(source)
    keeping = (f"gunzip -k {file}", f"gzip -dk {file}", f"zcat {file} > {plain}")
    replacing = (f"gunzip {file}", f"gzip -d {file}", f"zcat {file} > {plain} && rm {file}")
    words = {"archive": scene.name(packed), "folder": scene.name(shelf.path)}
    stem = posixpath.basename(source)
    steps = [
        step("gunzip-keep" if keep else "gunzip", scene.pick(keeping if keep else replacing), **words),
        step("check-folder", f"ls {scene.word(shelf.path)} | grep '^{stem}'", target=words["folder"]),
    ]
    return change(prompt, steps, {source: {"from": source}} | ({} if keep else {packed: None}))


@collect(ARCHIVES, 3)
def pack_kind(scene: Scene) -> Draft:
    """As in "Pack all .png files of ~/photos into pictures.tar.gz"."""
    shelf = scene.pick(scene.world.shelves)
    suffix, files = kind_of(scene, shelf, 2, 30)
    top = posixpath.dirname(shelf.path)
    target = f"{top}/{suffix[1:]}-{scene.pick(('files', 'archive', 'only'))}.tar.gz"
    prompt = scene.phrase(
        "Pack all {suffix} files of {folder}{deep} into a gzipped tar archive {target}. The files themselves stay.",
        "Create {target} with every {suffix} file from {folder}{deep} and nothing else in it.",
        "I want to send the {suffix} files in {folder}{deep} to a colleague. Put them into {target}, please.",
        "Make a compressed archive {target} that holds just the {suffix} files of {folder}{deep}.",
        suffix=suffix,
        folder=scene.name(shelf.path),
        deep=" and its subfolders" if shelf.subfolders else "",
        target=scene.name(target),
    )
    folder, out, base = scene.word(shelf.path), scene.word(target), posixpath.basename(shelf.path)
    find = f"cd {scene.word(top)} && find {base} -name '*{suffix}'"
    commands = [
        f"({find} | sort | tar -czf {target} -T -)",
        f"({find} -print0 | tar -czf {posixpath.basename(target)} --null -T -)",
        f"find {folder} -name '*{suffix}' | sort | tar -czf {out} -T -",
    ]
    if not shelf.subfolders:
        commands.append(f"tar -czf {out} -C {folder} $(cd {folder} && ls *{suffix})")
    words = {"suffix": suffix, "folder": scene.name(shelf.path), "archive": scene.name(target)}
    steps = [
        step("look", look_at(scene, shelf.path), folder=words["folder"]),
        step("count-files", f"find {folder} -name '*{suffix}' | wc -l", **words),
        step("pack", scene.pick(commands), **words),
        step("check-archive", f"tar -tzf {out} | wc -l; tar -tzf {out} | sort | head -3", **words),
    ]
    members = {posixpath.relpath(file, top): file for file in files}
    return change(prompt, steps, {target: {"tar": members}})


@collect(ARCHIVES, 5)
def restore_missing(scene: Scene) -> Draft:
    """As in "Put back from the backup what is missing, but do not touch what is there"."""
    shelf = flat_shelf(scene)
    files = [path for path in scene.tree.below(shelf.path) if is_text(path)]
    packed = scene.some(files, 6, 10)
    path = _archive(scene, shelf.path, packed)
    lost = scene.some(packed, 2, 3)
    for file in lost:
        scene.plant(file, None)
    for file in scene.some([file for file in packed if file not in lost], 2, 3):
        scene.plant(file, {"text": scene.tree.text(file) + "Corrected.\n", "modified": scene.moment()})
    prompt = scene.phrase(
        "Some files of {folder} are gone. Bring back from {archive} those that are missing, but leave every file that "
        "is still there as it is, since some were changed after the backup. The names of the restored files go to "
        "{list}, one a line.",
        "{archive} is a backup of {folder}. Restore only what no longer exists in the folder; newer versions must not "
        "be overwritten. Then write the names of the restored files to {list}, one per line, in any order.",
        "I deleted a few of the {nouns} in {folder} by mistake. Please get them out of {archive} without touching the "
        "others, and leave me a list of what came back in {list} (file names, one per line).",
        folder=scene.name(shelf.path),
        archive=scene.name(path),
        nouns=shelf.nouns,
        list=scene.name(target := f"{posixpath.dirname(shelf.path)}/restored.txt"),
    )
    top, folder, file, out = (scene.word(p) for p in (posixpath.dirname(shelf.path), shelf.path, path, target))
    words = {"folder": scene.name(shelf.path), "archive": scene.name(path), "list": scene.name(target)}
    names = f"tar -tf {file} | xargs -n1 basename"
    compare = f'{names} | while read -r f; do [ -e {folder}/"$f" ] || echo "$f"; done > {out}; cat {out}'
    by_set = f"comm -23 <({names} | sort) <(ls {folder} | sort) > {out}; cat {out}"
    commands = (
        f"tar -xf {file} -C {top} --skip-old-files",
        f'while read -r f; do tar -xf {file} -C {top} {posixpath.basename(shelf.path)}/"$f"; done < {out}',
    )
    steps = [
        step("members", f"tar -tf {file} | head -5; ls {folder} | wc -l", **words),
        step("list-missing", scene.pick((compare, by_set)), **words),
        step("restore", scene.pick(commands), **words),
        step("check-missing", f'{names} | while read -r f; do [ -e {folder}/"$f" ] || echo "$f"; done', **words),
    ]
    changes: dict = {file: {"from": file} for file in lost}
    return change(prompt, steps, changes | {target: {"lines": [posixpath.basename(file) for file in lost]}})
