"""Questions about how many and how much, difficulties 1 to 3."""

import re

from envs.shell.templates.base import Draft, Scene, Template, ask, collect, step
from envs.shell.templates.places import flat_shelf, is_text, kind_of, look_at, shelf_with_folders, untied, within

__all__ = ["COUNTING"]

COUNTING: list[Template] = []


@collect(COUNTING, 1)
def count_files(scene: Scene) -> Draft:
    """As in "How many .jpg files are in ~/photos?"."""
    shelf = scene.pick(scene.world.shelves)
    suffix, files = kind_of(scene, shelf, 3, 99)
    prompt = scene.phrase(
        "How many {suffix} files are there {within}?",
        "Count the {suffix} files {within}.",
        "I need the number of files ending in {suffix} {within}, please.",
        "Quick question: how many of the files {within} end in {suffix}?",
        "For my records: what is the number of {suffix} files {within}?",
        suffix=suffix,
        within=within(scene, shelf),
    )
    folder = scene.word(shelf.path)
    commands = [f"find {folder} -name '*{suffix}' | wc -l", f"find {folder} -type f -name '*{suffix}' | wc -l"]
    if not shelf.subfolders:
        commands += [f"ls {folder}/*{suffix} | wc -l", f"ls {folder} | grep -c '\\{suffix}$'"]
    steps = [step("count-files", scene.pick(commands), save="count", suffix=suffix, folder=scene.name(shelf.path))]
    return ask(prompt, steps, {"kind": "number", "value": len(files)}, "«count»")


@collect(COUNTING, 1)
def count_level(scene: Scene) -> Draft:
    """As in "How many errors are in the log?"."""
    log = scene.pick([journal for journal in scene.world.journals if journal.style == "app"])
    level = scene.pick(sorted({entry["level"] for entry in log.entries}))
    prompt = scene.phrase(
        "How many lines of {log} have the level {level}?",
        "Count the {level} lines in {log}.",
        "I want to know how often {level} was logged in {log}.",
        "Could you tell me the number of {level} entries in {log}?",
        "{log}: how many {level} lines?",
        log=scene.name(log.path),
        level=level,
    )
    file = scene.word(log.path)
    commands = (
        f"grep -c ' {level} ' {file}",
        f"grep ' {level} ' {file} | wc -l",
        f"awk '$3 == \"{level}\"' {file} | wc -l",
    )
    steps = [
        step("head", f"head -{scene.pick((2, 3))} {file}", file=scene.name(log.path)),
        step("count-level", scene.pick(commands), save="count", level=level),
    ]
    count = sum(entry["level"] == level for entry in log.entries)
    return ask(prompt, steps, {"kind": "number", "value": count}, "«count»")


@collect(COUNTING, 2)
def total_size(scene: Scene) -> Draft:
    """As in "How many bytes do the .png files in ~/photos take together?"."""
    shelf = scene.pick(scene.world.shelves)
    suffix, files = kind_of(scene, shelf, 3, 99)
    prompt = scene.phrase(
        "How many bytes do the {suffix} files {within} have together?",
        "Add up the sizes of all {suffix} files {within}. I need the sum in bytes.",
        "I am planning a backup: what is the total size in bytes of the {suffix} files {within}?",
        "What is the sum of the file sizes, in bytes, of everything that ends in {suffix} {within}?",
        suffix=suffix,
        within=within(scene, shelf),
    )
    folder = scene.word(shelf.path)
    look = step("look", look_at(scene, shelf.path), folder=scene.name(shelf.path))
    sums = (
        f"find {folder} -name '*{suffix}' -printf '%s\\n' | awk '{{s += $1}} END {{print s}}'",
        f"find {folder} -name '*{suffix}' -exec cat {{}} + | wc -c",
        f"find {folder} -name '*{suffix}' -exec stat -c %s {{}} + | awk '{{s += $1}} END {{print s}}'",
    )
    steps = [look, step("add-sizes", scene.pick(sums), save="bytes", suffix=suffix, folder=scene.name(shelf.path))]
    total = sum(len(scene.tree[path].content) for path in files)
    return ask(prompt, steps, {"kind": "number", "value": total}, "«bytes»")


@collect(COUNTING, 2)
def count_files_with_word(scene: Scene) -> Draft:
    """As in "In how many notes does the word invoice occur?"."""
    shelf = scene.pick(
        [s for s in scene.world.shelves if s.content in ("notes", "letter", "mail", "python", "html", "css")]
    )
    word = scene.pick(("TODO", "FIXME", "Urgent", "Draft", *shelf.words))
    texts = {path: file.content for path, file in scene.tree.files.items() if path in scene.tree.below(shelf.path)}
    pattern = re.compile(rf"\b{re.escape(word)}\b".encode())
    found = [path for path, content in texts.items() if pattern.search(content)]
    if len(found) == len(texts) or any(word.encode() in texts[p] for p in texts.keys() - set(found)):
        found = []
    scene.pick(found)
    prompt = scene.phrase(
        'In how many files {within} does "{word}" occur?',
        'How many of the {nouns} {within} contain the text "{word}"? Count files, not lines.',
        'I would like to know how many files {within} mention "{word}" at least once.',
        'Count the files {within} that have "{word}" in them somewhere.',
        within=within(scene, shelf),
        nouns=shelf.nouns,
        word=word,
    )
    folder, names = scene.word(shelf.path), {"word": word, "folder": scene.name(shelf.path)}
    quoted = f"'{word}'" if " " in word else word
    commands = (f"grep -rl {quoted} {folder} | wc -l", f"grep -rlF {quoted} {folder} | sort | wc -l")
    some = step("grep-some", f"grep -r {quoted} {folder} | cut -c1-90 | sort | head -3", **names)
    steps = [some, step("count-with-word", scene.pick(commands), save="count", **names)]
    return ask(prompt, steps, {"kind": "number", "value": len(found)}, "«count»")


@collect(COUNTING, 3)
def fullest_folder(scene: Scene) -> Draft:
    """As in "Which subfolder of ~/photos has the most files?"."""
    shelf = shelf_with_folders(scene)
    places = {name: scene.tree.below(f"{shelf.path}/{name}") for name in shelf.subfolders}
    by_size = scene.pick((True, False))
    amounts = {
        n: sum(len(scene.tree[f].content) for f in files) if by_size else len(files) for n, files in places.items()
    }
    untied(list(amounts.values()))
    prompt = scene.phrase(
        "Which subfolder of {folder} {most}?",
        "I want to tidy up {folder}. Which of its subfolders {most}? The name is enough.",
        "Look into the folders below {folder} and tell me which one {most}.",
        "Find out which folder in {folder} {most}, please.",
        folder=scene.name(shelf.path),
        most="holds the most bytes in files" if by_size else "has the most files in it",
    )
    folder = scene.word(shelf.path)
    measure = (
        "find \"$d\" -type f -printf '%s\\n' | awk '{s += $1} END {print s}'"
        if by_size
        else 'find "$d" -type f | wc -l'
    )
    loop = f'for d in {folder}/*; do echo "$({measure}) $(basename "$d")"; done | sort -{scene.pick(("rn", "nr"))}'
    names = {"folder": scene.name(shelf.path), "what": "bytes" if by_size else "files"}
    steps = [
        step("look", f"ls -p {folder}", folder=names["folder"]),
        step("per-folder", loop, save="most", find=r"^\d+ (.*)$", **names),
    ]
    value = f"{shelf.path}/{max(amounts, key=amounts.get)}"
    return ask(prompt, steps, {"kind": "name", "value": value}, "«most»")


@collect(COUNTING, 2)
def longest_file(scene: Scene) -> Draft:
    """As in "Which of the notes has the most lines?"."""
    shelf = flat_shelf(scene)
    suffix, files = kind_of(scene, shelf, 4, 99)
    lines = {path: scene.tree[path].content.count(b"\n") for path in files if is_text(path)}
    untied(list(lines.values()))
    prompt = scene.phrase(
        "Which {suffix} file in {folder} has the most lines?",
        "Of the {suffix} files in {folder}, which one is the longest, counted in lines?",
        "Tell me the name of the {suffix} file with the highest number of lines in {folder}.",
        "I am looking for the longest {suffix} file in {folder}. By lines, not bytes.",
        suffix=suffix,
        folder=scene.name(shelf.path),
    )
    folder = scene.word(shelf.path)
    count = f"wc -l {folder}/*{suffix} | sort -n | tail -{scene.pick((3, 4))}"
    loop = f'for f in {folder}/*{suffix}; do echo "$(wc -l < "$f") $(basename "$f")"; done | sort -n | tail -3'
    by_wc, by_loop = (count, r"(\S+)\n\s*\d+ total"), (loop, r"(\S+)\Z")
    command, find = scene.pick((by_wc, by_loop))
    steps = [step("longest", command, save="name", find=find, suffix=suffix, folder=scene.name(shelf.path))]
    value = max(lines, key=lines.get)
    return ask(prompt, steps, {"kind": "name", "value": value}, "«name»")
