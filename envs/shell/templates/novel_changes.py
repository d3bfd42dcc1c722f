"""Changes of the `novel` split: decoding, joining, splitting, rotating, merging, restoring; all difficulties."""

import base64
import hashlib
import posixpath

from envs.shell.templates.base import Draft, Scene, Template, change, collect, step
from envs.shell.templates.novel_places import dependencies, new_path, option, stems, text_files

__all__ = ["NOVEL_CHANGES"]

NOVEL_CHANGES: list[Template] = []


@collect(NOVEL_CHANGES, 1)
def decode_file(scene: Scene) -> Draft:
    """As in "~/theatre/storm.b64 is a base64 text. Decode it into storm.txt beside it."."""
    (stem,) = stems(scene, 1, 1)
    source, target = new_path(scene, f"{stem}.b64"), new_path(scene, f"{stem}.txt")
    person, number = scene.pick(scene.scenario.people), scene.rng.randint(10, 90)
    text = f"{stem.replace('-', ' ').capitalize()}, copy {number}\nkept by {person}\n"
    scene.plant(source, {"text": base64.b64encode(text.encode()).decode() + "\n", "modified": scene.moment()})
    prompt = scene.phrase(
        "{source} is in base64. Decode it into {target}.",
        "Decode {source} from base64 and save the result as {target}, please.",
        "I need the decoded text of {source}, a base64 file, in {target}. Leave the original alone.",
        "Write what {source} says, once it is decoded from base64, to {target}.",
        source=scene.name(source),
        target=scene.name(target),
    )
    path, words = scene.word(source), {"source": scene.name(source), "target": scene.name(target)}
    decoded = scene.pick((f"base64 -d {path}", f"base64 --decode {path}", f"base64 -d < {path}"))
    steps = [
        step("decode-file", f"{decoded} > {scene.word(target)}", **words),
        step("read-back", f"cat {scene.word(target)}", **words),
    ]
    return change(prompt, steps, {target: {"text": text}})


@collect(NOVEL_CHANGES, 2)
def join_parts(scene: Scene) -> Draft:
    """As in "Put the numbered parts in ~/ferries/parts together as ~/ferries/island.txt."."""
    folder, (stem,) = new_path(scene, "parts", "pieces", "chunks"), stems(scene, 1, 1)
    target = new_path(scene, f"{stem}.txt", f"whole-{stem}.txt")
    parts = []
    for number in range(1, scene.rng.randint(10, 13) + 1):
        people = scene.rng.sample(scene.scenario.people, scene.rng.randint(1, 2))
        parts.append("".join(f"{number}. {scene.pick(scene.scenario.words)}: {person}\n" for person in people))
        scene.plant(f"{folder}/{stem}.part{number}", {"text": parts[-1], "modified": scene.moment()})
    prompt = scene.phrase(
        "Put the numbered parts in {folder} together, in the order of their numbers, as {target}.",
        "{folder} holds a text that was cut into {stem}.part1, {stem}.part2 and so on. Rebuild it as {target}.",
        "Please join the pieces of {stem} in {folder} into one file, {target}. Mind that part 10 comes after part 9.",
        "I need the file back that was split into the parts in {folder}. Call it {target} and keep the parts.",
        folder=scene.name(folder),
        target=scene.name(target),
        stem=stem,
    )
    path, words = scene.word(folder), {"folder": scene.name(folder), "target": scene.name(target)}
    listed = f"ls {path}/{stem}.part* | sort -V"
    joined = scene.pick((f"cat $({listed})", f"{listed} | xargs cat"))
    steps = [
        step("parts-look", f"ls {path}", **words),
        step("parts-join", f"{joined} > {scene.word(target)}", **words),
        step("read-back", f"tail -n 3 {scene.word(target)}", **words),
    ]
    return change(prompt, steps, {target: {"text": "".join(parts)}})


@collect(NOVEL_CHANGES, 3)
def shift_logs(scene: Scene) -> Draft:
    """As in "Rotate ~/theatre/lights.log: the log becomes lights.log.1, lights.log.1 becomes lights.log.2, ..."."""
    log = scene.pick(scene.world.journals).path
    name, count = posixpath.basename(log), scene.rng.randint(2, 4)
    for number in range(1, count + 1):
        text = "".join(scene.some(scene.tree.text(log).splitlines(keepends=True), 2, 6))
        scene.plant(f"{log}.{number}", {"text": text, "modified": scene.moment()})
    drop = scene.rng.random() < 0.5
    oldest = (
        f"{name}.{count} is the oldest that we keep, so its old content goes away."
        if drop
        else f"{name}.{count} becomes {name}.{count + 1}."
    )
    prompt = scene.phrase(
        "Rotate {log}: it becomes {name}.1, the old {name}.1 becomes {name}.2, and so on. {oldest} Then start a new, "
        "empty {name}.",
        "Please do a log rotation by hand for {log}. Every old log moves up by one number, the current one gets number "
        "1, and an empty {name} takes its place. {oldest}",
        "{log} has to be rotated, with plain numbers at the end as always (.1 is the most recent). {oldest} Leave an "
        "empty {name} behind.",
        "The log {log} is getting long. Rotate it: shift the numbered ones up by one, turn the current one into "
        "{name}.1 and create an empty one. {oldest}",
        log=scene.name(log),
        name=name,
        oldest=oldest,
    )
    path, words = scene.word(log), {"log": scene.name(log), "name": name}
    numbers = range(count - 1 if drop else count, 0, -1)
    chain = " && ".join(f"mv {path}.{n} {path}.{n + 1}" for n in numbers)
    loop = f"for n in {' '.join(map(str, numbers))}; do mv {path}.$n {path}.$((n + 1)); done"
    moves = f"{scene.pick((chain, loop))} && mv {path} {path}.1 && touch {path}"
    steps = [
        step("rotate-look", f"wc -l {path}*", **words),
        step("rotate-move", moves, **words),
        step("rotate-check", f"wc -l {path}*", **words),
    ]
    changes = {f"{log}.{n + 1}": {"from": f"{log}.{n}"} for n in numbers}
    return change(prompt, steps, {**changes, f"{log}.1": {"from": log}, log: {"text": ""}})


@collect(NOVEL_CHANGES, 3)
def split_list(scene: Scene) -> Draft:
    """As in "Cut ~/clocks/visitors.txt into pieces of 10 lines each, visitors-01.txt and so on."."""
    source = new_path(scene, "visitors.txt", "members.txt", "subscribers.txt")
    stem, folder = posixpath.basename(source)[:-4], posixpath.dirname(source)
    size = scene.rng.randint(5, 9)
    people = scene.rng.sample(scene.scenario.people, scene.rng.randint(2 * size + 1, 4 * size))
    scene.plant(source, {"text": "\n".join(people) + "\n", "modified": scene.moment()})
    prompt = scene.phrase(
        "Cut {source} into pieces of {size} lines: {stem}-01.txt, {stem}-02.txt and so on, in the same folder. The "
        "last one may be shorter.",
        "Split {source} after every {size} lines into {stem}-01.txt, {stem}-02.txt, ... beside it. Keep the original.",
        "We print {size} names a page. Please divide {source} into files of {size} lines each, {stem}-01.txt, "
        "{stem}-02.txt and so on, next to it.",
        "Make files of {size} lines each out of {source}. Number them with two digits, {stem}-01.txt being the first, "
        "and put them into the same folder.",
        source=scene.name(source),
        size=size,
        stem=stem,
    )
    words = {"source": scene.name(source), "size": size, "stem": stem}
    prefix = f"{scene.word(folder)}/{stem}-"
    options = f"-l {size} --numeric-suffixes=1 -a 2 --additional-suffix=.txt"
    steps = [
        step("split-look", f"wc -l {scene.word(source)}", **words),
        step("split", f"split {options} {scene.word(source)} {prefix}", **words),
        step("split-check", f"wc -l {prefix}*.txt", **words),
    ]
    pages = ["\n".join(people[start : start + size]) + "\n" for start in range(0, len(people), size)]
    return change(
        prompt, steps, {f"{folder}/{stem}-{number:02}.txt": {"text": page} for number, page in enumerate(pages, 1)}
    )


@collect(NOVEL_CHANGES, 4)
def merge_settings(scene: Scene) -> Draft:
    """As in "Merge ~/ferries/defaults.env and ~/ferries/local.env into effective.env; local values win."."""
    defaults, local, target = (new_path(scene, f"{name}.env") for name in ("defaults", "local", "effective"))
    settings, key, (value, other, *_) = option(scene)
    usual = {k.upper(): v for (_, k), v in settings.values.items()} | {key.upper(): other}
    special = {key.upper(): value, "CONTACT": scene.pick(scene.scenario.people).lower().replace(" ", ".")}
    special |= {"DEBUG": scene.pick(("yes", "no"))}
    texts = {defaults: "# as delivered\n" + _assignments(usual), local: "# our changes\n\n" + _assignments(special)}
    for path, text in texts.items():
        scene.plant(path, {"text": text, "modified": scene.moment()})
    prompt = scene.phrase(
        "Merge {defaults} and {local} into {target}: every key once, and where both set a key, the value of {local}. "
        "Leave out comments and empty lines.",
        "Write the settings that are in effect to {target}. They are those of {defaults}, replaced or extended by "
        "those of {local}. One KEY=value a line, no comments.",
        "{local} takes precedence over {defaults}. Please put the resulting KEY=value lines, each key just once and no "
        "comments, into {target}.",
        "I want one file instead of two: combine {defaults} with {local} as {target}. If a key is in both, {local} "
        "wins; drop comments and blank lines.",
        defaults=scene.name(defaults),
        local=scene.name(local),
        target=scene.name(target),
    )
    words = {name: posixpath.basename(p) for name, p in (("defaults", defaults), ("local", local), ("target", target))}
    both = f"{scene.word(defaults)} {scene.word(local)}"
    last = '{value[$1] = $2} END {for (key in value) print key "=" value[key]}'
    merge = scene.pick((f"awk -F= '/^[^#]/ {last}' {both}", f"cat {both} | grep '^[^#]' | awk -F= '{last}'"))
    steps = [
        step("merge-look", f"tail -n 20 {both}", **words),
        step("merge", f"{merge} | sort > {scene.word(target)}", **words),
        step("read-back", f"cat {scene.word(target)}", **words),
    ]
    return change(prompt, steps, {target: {"lines": _assignments(usual | special).splitlines()}})


def _assignments(values: dict[str, str]) -> str:
    return "".join(f"{key}={value}\n" for key, value in values.items())


@collect(NOVEL_CHANGES, 5)
def restore_names(scene: Scene) -> Draft:
    """As in "Give the files in ~/clocks/recovered their names back; names.sha256 has the checksums."."""
    folder, sums = new_path(scene, "recovered", "rescued"), new_path(scene, "names.sha256", "index.sha256")
    _, sources = text_files(scene, 6)
    chosen = scene.some(sources, 6, 9)
    lost, *kept = scene.rng.sample(chosen, len(chosen))
    lines = [f"{hashlib.sha256(scene.tree[p].content).hexdigest()}  {posixpath.basename(p)}\n" for p in chosen]
    scene.plant(sums, {"text": "".join(lines), "modified": scene.moment()})
    changes: dict[str, dict[str, str] | None] = {}
    for number, source in enumerate(kept, 1):
        found = f"{folder}/file{number:04}"
        scene.plant(found, {"from": source, "modified": scene.moment()})
        changes |= {found: None, f"{folder}/{posixpath.basename(source)}": {"from": source}}
    scene.plant(f"{folder}/file{len(chosen):04}", {"text": f"{lost}\n", "modified": scene.moment()})
    prompt = scene.phrase(
        "The files in {folder} lost their names. {sums} lists SHA-256 sums with the right names: rename each file "
        "accordingly. What is not in the list stays as it is.",
        "After a disk failure I have files in {folder} without proper names. Rename those whose SHA-256 is in {sums} "
        "to the name given there.",
        "Please give the files in {folder} their old names back. You can tell them by their checksums, see {sums}; not "
        "every file is listed there, and not every listed one was found.",
        "Rename the files in {folder} by content: {sums} says which SHA-256 sum belongs to which name. Leave unknown "
        "files alone.",
        folder=scene.name(folder),
        sums=scene.name(sums),
    )
    words = {"folder": scene.name(folder), "sums": scene.name(sums)}
    loops = (
        'while read -r sum name old; do mv "$old" "$name"; done',
        'while read -r sum name old; do mv -nv "$old" "$name"; done',
        'cut -d\' \' -f2,3 | while read -r name old; do mv "$old" "$name"; done',
    )
    pairs = f"join <(sort ../{posixpath.basename(sums)}) <(sha256sum file* | sort)"
    steps = [
        step("names-look", f"ls {scene.word(folder)}; head -n 2 {scene.word(sums)}", **words),
        step("names-join", f"(cd {scene.word(folder)} && {pairs} | cut -d' ' -f2,3)", **words),
        step("names-move", f"(cd {scene.word(folder)} && {pairs} | {scene.pick(loops)})", **words),
        step("names-check", f"ls {scene.word(folder)}", **words),
    ]
    return change(prompt, steps, changes)


@collect(NOVEL_CHANGES, 5)
def building_order(scene: Scene) -> Draft:
    """As in "~/theatre/needs.txt says what needs what. Write an order in which all can be made to order.txt."."""
    file, target = new_path(scene, "needs.txt", "depends.txt", "stages.txt"), new_path(scene, "order.txt", "plan.txt")
    things = stems(scene, 6, 9)
    lines = [
        f"{thing}: {' '.join(needs)}".strip() for thing, needs in dependencies(scene, things, chained=True).items()
    ]
    scene.rng.shuffle(lines)
    scene.plant(file, {"text": "\n".join(lines) + "\n", "modified": scene.moment()})
    prompt = scene.phrase(
        "{file} says of each thing what it needs, after the colon. Write to {target} the order in which they can be "
        "made, one name a line; there is only one such order.",
        "Work out from {file} in which order things have to be done, so that everything comes after what it needs, "
        "and save it in {target}, one name a line.",
        "Each line of {file} is a thing, a colon and its dependencies. Please put them all into {target}, one a line, "
        "dependencies always first.",
        "I need a build order in {target}, one name a line. {file} has the dependencies, written as in a makefile.",
        file=scene.name(file),
        target=scene.name(target),
    )
    words = {"file": scene.name(file), "target": scene.name(target)}
    path = scene.word(file)
    by_awk = '{n = split($2, need, " "); for (i = 1; i <= n; i++) print need[i], $1}'
    by_shell = 'while IFS=: read -r thing needs; do for need in $needs; do echo "$need $thing"; done; done'
    pairs = scene.pick((f"awk -F: '{by_awk}' {path}", f"{by_shell} < {path}"))
    steps = [
        step("needs-look", f"cat {path}", **words),
        step("order-write", f"{pairs} | tsort > {scene.word(target)}", **words),
        step("read-back", f"cat {scene.word(target)}", **words),
    ]
    return change(prompt, steps, {target: {"text": "\n".join(things) + "\n"}})
