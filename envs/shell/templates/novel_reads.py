"""Questions of the `novel` split: versions, checksums, crontabs, layered settings, dependencies; all difficulties."""

import base64
import hashlib
import posixpath

from envs.shell.templates.base import Draft, Scene, Template, Unfit, ask, collect, step
from envs.shell.templates.novel_places import WEEKDAYS, crontab, dependencies, new_path, option, stems, text_files

__all__ = ["NOVEL_READS"]

NOVEL_READS: list[Template] = []
_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")


@collect(NOVEL_READS, 1)
def newest_version(scene: Scene) -> Draft:
    """As in "Which file in ~/theatre/releases has the highest version number?"."""
    folder, (stem,) = new_path(scene, "releases", "builds", "versions"), stems(scene, 1, 1)
    minors = [*sorted(scene.rng.sample(range(2, 10), 3)), scene.rng.randint(10, 14)]
    major, ending = scene.rng.randint(1, 4), scene.pick((".txt", ".cfg", ".dat"))
    paths = [f"{folder}/{stem}-{major}.{minor}.{scene.rng.randint(0, 3)}{ending}" for minor in minors]
    for path in paths:
        scene.plant(path, {"text": f"This is {posixpath.basename(path)}.\n", "modified": scene.moment()})
    prompt = scene.phrase(
        "Which file in {folder} has the highest version number?",
        "There are several releases in {folder}. What is the file name of the latest, going by its version?",
        "Look into {folder} and tell me which file is the newest version. Mind that 1.10 comes after 1.9.",
        "I lost track of the versions in {folder}. Please give me the name of the file with the highest one.",
        folder=scene.name(folder),
    )
    path = scene.word(folder)
    listed = scene.pick((f"ls {path}", f"find {path} -type f", f"printf '%s\\n' {path}/*"))
    command = f"{listed} | sort -V | tail -n 1"
    steps = [step("newest-version", command, save="last", folder=scene.name(folder))]
    return ask(prompt, steps, {"kind": "name", "value": paths[-1]}, "«last»")


@collect(NOVEL_READS, 1)
def decode_message(scene: Scene) -> Draft:
    """As in "The text in ~/ferries/note.b64 is base64. What does it say?"."""
    file = new_path(scene, "note.b64", "message.b64", "password-hint.b64")
    sayings = ("ask {person} about the {word}", "{person} has the {word} until day {n}", "the {word} is in box {n}")
    words = {"person": scene.pick(scene.scenario.people), "word": scene.pick(scene.scenario.words)}
    said = scene.pick(sayings).format(**words, n=scene.rng.randint(10, 90))
    scene.plant(file, {"text": base64.b64encode(f"{said}\n".encode()).decode() + "\n", "modified": scene.moment()})
    prompt = scene.phrase(
        "The text in {file} is base64. What does it say?",
        "Somebody left me {file}, in base64. Decode it and tell me the message.",
        "What message is in {file}? It is base64-encoded.",
        "Please read out {file} for me; you have to decode it from base64 first.",
        file=scene.name(file),
    )
    path = scene.word(file)
    command = scene.pick((f"base64 -d {path}", f"base64 --decode {path}", f"cat {path} | base64 -d"))
    steps = [step("decode-message", command, save="said", file=scene.name(file))]
    return ask(prompt, steps, {"kind": "text", "value": said}, "«said»")


@collect(NOVEL_READS, 2)
def broken_checksums(scene: Scene) -> Draft:
    """As in "Which files in ~/clocks/repairs do not match the checksums in SHA256SUMS?"."""
    folder, files = text_files(scene, 4)
    listed = scene.some(files, 4, 12)
    changed = scene.some(listed, 1, 3)
    program, algorithm = scene.pick((("sha256sum", hashlib.sha256), ("md5sum", hashlib.md5)))
    sums = "SHA256SUMS" if program == "sha256sum" else "MD5SUMS"
    contents = {path: scene.tree[path].content + b"\n" * (path in changed) for path in listed}
    lines = [f"{algorithm(content).hexdigest()}  {posixpath.basename(path)}\n" for path, content in contents.items()]
    scene.plant(f"{folder}/{sums}", {"text": "".join(lines), "modified": scene.moment()})
    prompt = scene.phrase(
        "Which files in {folder} do not match their checksums in {sums}?",
        "Check the files in {folder} against {sums}, which lies beside them, and name those that fail.",
        "I think something in {folder} was changed after {sums} had been written. What?",
        "Please verify {folder} with its {sums} file. Which files are not the same any more?",
        folder=scene.name(folder),
        sums=sums,
    )
    path, words = scene.word(folder), {"sums": sums, "folder": scene.name(folder)}
    failed = scene.pick(("grep FAILED | cut -d: -f1", "grep -v ': OK$' | cut -d: -f1", "sed -n 's/: FAILED.*//p'"))
    check = f"(cd {path} && {program} -c {sums} 2> /dev/null | {failed})"
    steps = [
        step("checksum-list", f"head -n 2 {path}/{sums}", **words),
        step("checksum-check", check, save="bad", program=program, **words),
    ]
    return ask(prompt, steps, {"kind": "set", "of": "name", "value": changed}, "«bad»")


@collect(NOVEL_READS, 2)
def time_of_job(scene: Scene) -> Draft:
    """As in "When does send-dragon.sh run, going by ~/theatre/crontab.txt?"."""
    file, jobs = crontab(scene)
    script = scene.pick([script for script, (time, _) in jobs.items() if time[:2] != time[3:]])
    prompt = scene.phrase(
        "At what time of day does {script} run, going by the crontab in {file}? Give it as HH:MM.",
        "{file} is a crontab. When does it start {script}? I need the time as HH:MM.",
        "Look up {script} in the crontab {file} and tell me the time of day, like 07:05, at which it starts.",
        "Please find out from {file}, which is in cron's format, the time (HH:MM) of {script}.",
        script=script,
        file=scene.name(file),
    )
    path = scene.word(file)
    command = f"awk '/{script}/ {{printf \"%02d:%02d\\n\", $2, $1}}' {path}"
    steps = [
        step("crontab-line", f"grep {script} {path}", script=script, file=scene.name(file)),
        step("crontab-time", command, save="time", script=script),
    ]
    return ask(prompt, steps, {"kind": "text", "value": jobs[script][0]}, "«time»")


@collect(NOVEL_READS, 2)
def windows_lines(scene: Scene) -> Draft:
    """As in "Which files in ~/observatory/logbook have Windows line endings?"."""
    folder, files = text_files(scene, 4)
    windows = scene.some(files, 2, min(5, len(files) - 1))
    for path in windows:
        text = scene.tree.text(path).replace("\n", "\r\n")
        scene.plant(path, {"text": text, "modified": scene.tree[path].modified})
    prompt = scene.phrase(
        "Which files in {folder} have Windows line endings?",
        "Some files in {folder} end their lines with carriage return and line feed. Name them.",
        "Find all files in {folder} whose lines end as on Windows, CR and LF.",
        "My editor complains about CRLF line endings in {folder}. Could you list the files that have them?",
        folder=scene.name(folder),
    )
    path = scene.word(folder)
    command = scene.pick((f"grep -l $'\\r' {path}/*", f"grep -rl $'\\r' {path}", f"grep -l $'\\r$' {path}/*"))
    steps = [step("windows-lines", command, save="found", folder=scene.name(folder))]
    return ask(prompt, steps, {"kind": "set", "of": "name", "value": windows}, "«found»")


@collect(NOVEL_READS, 3)
def value_in_effect(scene: Scene) -> Draft:
    """As in "The files in ~/ferries/conf.d are read by name, later ones win. What is MAX_CARS in the end?"."""
    folder = new_path(scene, "conf.d", "settings.d", "overrides")
    settings, key, (value, other, *_) = option(scene)
    names = scene.some(("10-base", "20-site", "40-season", "60-local", "80-night"), 3, 5)
    others = [f"{k} = {v}" for (_, k), v in settings.values.items() if k != key]
    winner = scene.rng.randrange(1, len(names))
    for number, name in enumerate(names):
        said = f"{key} = {value if number == winner else other}"
        lines = scene.some(others, 1, 3)
        if number <= winner:
            lines.insert(scene.rng.randrange(len(lines) + 1), said)
        elif scene.rng.random() < 0.7:
            lines.append(f"# {said}")
        scene.plant(f"{folder}/{name}.conf", {"text": "\n".join(lines) + "\n", "modified": scene.moment()})
    prompt = scene.phrase(
        "The files in {folder} are read in the order of their names, and a later value replaces an earlier one. "
        "What is {key} in the end?",
        "Which value does {key} end up with? {folder} is read file by file in alphabetical order, the last value wins.",
        "{service} reads {folder}/*.conf in order of name; the last line that sets a key counts. What is {key} then?",
        "Several files in {folder} set {key}. Later names override earlier ones. Please tell me which value is used.",
        folder=scene.name(folder),
        key=key,
        service=settings.service,
    )
    path, words = scene.word(folder), {"folder": scene.name(folder), "key": key}
    by_awk = f"awk '$1 == \"{key}\" {{value = $3}} END {{print value}}' {path}/*.conf"
    last = scene.pick((f"grep -h '^{key} ' {path}/*.conf | tail -n 1 | cut -d= -f2", by_awk))
    steps = [
        step("layers-list", f"ls {path}", **words),
        step("layers-grep", f"grep {key} {path}/*.conf", **words),
        step("layers-last", last, save="value", **words),
    ]
    return ask(prompt, steps, {"kind": "text", "value": value}, "«value»")


@collect(NOVEL_READS, 4)
def follow_includes(scene: Scene) -> Draft:
    """As in "What does curtain become, starting from ~/theatre/setup/main.conf and what it includes?"."""
    folder = new_path(scene, "setup", "config", "rules")
    settings, key, (value, other, *_) = option(scene)
    others = [f"{k} = {v}" for (_, k), v in settings.values.items() if k != key]
    first, *names = ["main.conf", *(f"{stem}.conf" for stem in stems(scene, 5, 7))]
    hops = scene.rng.randint(2, 4)
    chain, decoys = [first, *names[:hops]], names[hops:]
    for name, after in zip(chain, [*chain[1:], None], strict=True):
        lines = scene.some(others, 1, 2)
        lines.insert(scene.rng.randrange(len(lines) + 1), f"include {after}" if after else f"{key} = {value}")
        scene.plant(f"{folder}/{name}", {"text": "\n".join(lines) + "\n", "modified": scene.moment()})
    for name in decoys:
        scene.plant(f"{folder}/{name}", {"text": f"{key} = {other}\n", "modified": scene.moment()})
    prompt = scene.phrase(
        "{start} includes another file of its folder, which may include a next one. Which value does {key} get there?",
        "Start at {start} and follow its include lines. What is {key} set to?",
        "What is the value of {key} when {service} reads {start}? Only files that are included, directly or through "
        "others, count.",
        "{service} is set up by {start} and the files that it includes in turn. Tell me the value of {key}.",
        start=scene.name(f"{folder}/{first}"),
        key=key,
        service=settings.service,
    )
    find = scene.pick((f"grep -E '^(include|{key}) '", f'awk \'$1 == "include" || $1 == "{key}"\''))
    path, words = scene.word(folder), {"key": key}
    steps = [step("include-first", f"{find} {path}/{first}", save="next", find=r"include (\S+)", start=first, **words)]
    for _ in chain[2:]:
        steps.append(step("include-next", f"{find} {path}/«next»", save="next", find=r"include (\S+)", **words))
    steps.append(step("include-next", f"{find} {path}/«next»", save="value", find=r"= (\S+)", **words))
    return ask(prompt, steps, {"kind": "text", "value": value}, "«value»")


@collect(NOVEL_READS, 4)
def jobs_of_day(scene: Scene) -> Draft:
    """As in "Which scripts does the crontab ~/theatre/crontab.txt start on a Wednesday?"."""
    file, jobs = crontab(scene)
    number, day = scene.pick(list(enumerate(_DAYS)))
    scripts = sorted(script for script, (_, days) in jobs.items() if str(number) in WEEKDAYS[days])
    if not 1 < len(scripts) < len(jobs):
        raise Unfit
    prompt = scene.phrase(
        "Which scripts does the crontab {file} start on a {day}?",
        "{file} is a crontab. Name the scripts in it that run on {day}s.",
        "I want to know what is started on {day}s by the crontab in {file}. The names of the scripts will do.",
        "Go through {file}, which is in cron's format, and list all scripts that are due on a {day}.",
        file=scene.name(file),
        day=day,
    )
    path, words = scene.word(file), {"file": scene.name(file), "day": day, "number": str(number)}
    tests = ['$5 == "*"', f"$5 ~ /(^|,){number}(,|$)/", *['$5 == "1-5"'] * (1 <= number <= 5)]
    command = f"awk '{' || '.join(tests)} {{print $6}}' {path} | xargs -n 1 basename"
    steps = [step("crontab-look", f"cat {path}", **words), step("crontab-day", command, save="scripts", **words)]
    return ask(prompt, steps, {"kind": "set", "of": "text", "value": scripts}, "«scripts»")


@collect(NOVEL_READS, 5)
def outdated_tools(scene: Scene) -> Draft:
    """As in "Which packages in installed.txt have a newer version in available.txt?"."""
    installed, available = (new_path(scene, f"{name}.txt") for name in ("installed", "available"))
    here, there, outdated = [], [], []
    names = stems(scene, 6, 9)
    for number, name in enumerate(names):
        major, minor = scene.rng.randint(0, 3), scene.rng.randint(2, 9)
        later = scene.pick((minor + 1, scene.rng.randint(10, 14)))
        old, newer = (f"{major}.{m}.{scene.rng.randint(0, 4)}" for m in (minor, later))
        kind = number % 3 if number < 6 else scene.rng.randrange(3)
        here.append(f"{name} {newer if kind == 2 else old}")
        there.append(f"{name} {newer if kind == 1 else old}")
        outdated += [name] * (kind == 1)
    for path, lines in ((installed, here), (available, there)):
        scene.rng.shuffle(lines)
        scene.plant(path, {"text": "\n".join(lines) + "\n", "modified": scene.moment()})
    prompt = scene.phrase(
        "Which packages in {installed} have a newer version in {available}? Versions compare part by part.",
        "{installed} lists what I have, {available} what there is. Name the packages that I should update.",
        "Compare the versions in {installed} with those in {available} and list the packages that are out of date. "
        "Remember that 1.10 is newer than 1.9.",
        "For which packages of {installed} does {available} offer a higher version? Some of mine are ahead of it.",
        installed=scene.name(installed),
        available=scene.name(available),
    )
    words = {"installed": posixpath.basename(installed), "available": posixpath.basename(available)}
    newest = '$(printf \'%s\\n\' "$old" "$new" | sort -V | tail -n 1)'
    tests = (
        f'if [ "$old" != "$new" ] && [ "{newest}" = "$new" ]; then echo "$name"; fi',
        'printf \'%s\\n\' "$new" "$old" | sort -VC || echo "$name"',
    )
    compare = f"while read -r name old new; do {scene.pick(tests)}; done"
    joined = f"join <(sort {scene.word(installed)}) <(sort {scene.word(available)})"
    steps = [
        step("versions-join", joined, **words),
        step("versions-compare", f"{joined} | {compare}", save="names", **words),
    ]
    return ask(prompt, steps, {"kind": "set", "of": "text", "value": outdated}, "«names»")


@collect(NOVEL_READS, 5)
def all_needed(scene: Scene) -> Draft:
    """As in "What is needed for the finale, directly or through something else, going by ~/theatre/needs.txt?"."""
    file = new_path(scene, "needs.txt", "depends.txt", "requirements.lst")
    needs = dependencies(scene, stems(scene, 8, 10), chained=False)
    closure: dict[str, set[str]] = {}
    for thing, direct in needs.items():
        closure[thing] = set(direct).union(*(closure[d] for d in direct))
    thing = scene.pick([t for t, found in closure.items() if 2 < len(found) < 8 and len(found) > len(needs[t])])
    lines = [f"{t}: {' '.join(direct)}".strip() for t, direct in needs.items()]
    scene.rng.shuffle(lines)
    scene.plant(file, {"text": "\n".join(lines) + "\n", "modified": scene.moment()})
    prompt = scene.phrase(
        "Each line of {file} names a thing and, after a colon, what it needs. List all that {thing} needs, directly "
        "or through something else.",
        "What must be there before {thing} can be made? {file} has one line per thing with what it depends on; "
        "dependencies of dependencies count too.",
        "Going by {file}, on which things does {thing} depend, directly or indirectly?",
        "I want to prepare everything for {thing}. {file} says what needs what. Give me the complete list, with what "
        "the needed things need in turn.",
        file=scene.name(file),
        thing=thing,
    )
    path, words = scene.word(file), {"file": scene.name(file), "thing": thing}
    walk = 'n = split(need[todo[i]], d, " "); for (j = 1; j <= n; j++) if (!seen[d[j]]++) print todo[++last] = d[j]'
    loop = f'END {{todo[last = 1] = "{thing}"; for (i = 1; i <= last; i++) {{{walk}}}}}'
    command = f"awk -F: '{{need[$1] = $2}} {loop}' {path}"
    steps = [step("needs-look", f"cat {path}", **words), step("needs-all", command, save="all", **words)]
    return ask(prompt, steps, {"kind": "set", "of": "text", "value": sorted(closure[thing])}, "«all»")
