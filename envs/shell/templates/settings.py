"""Configuration files and environment variables: reading and changing them, difficulties 1 to 4."""

import posixpath

from envs.shell.content import SettingsFile, render_settings
from envs.shell.templates.base import Draft, Scene, Template, Unfit, ask, change, collect, step
from envs.shell.templates.places import untied
from envs.shell.tree import HOME

__all__ = ["SETTINGS"]

SETTINGS: list[Template] = []

_VARIABLES = (
    ("EDITOR", ("vim", "nano", "emacs")),
    ("PAGER", ("less", "more")),
    ("OFFICE", ("room-12", "room-30", "annex")),
)
_VARIABLES += (("HISTSIZE", ("500", "2000", "5000")), ("REGION", ("north", "south", "west")))


def _place(section: str) -> str:
    return f" in the section {section}" if section else ""


def _choose(scene: Scene) -> tuple[SettingsFile, str, str, str]:
    """A configuration file with one of its settings: file, section, key, value."""
    settings = scene.pick(scene.world.settings)
    section, key = scene.pick(list(settings.values))
    return settings, section, key, settings.values[section, key]


@collect(SETTINGS, 1)
def read_setting(scene: Scene) -> Draft:
    """As in "Which port is set in shop.ini?"."""
    settings, section, key, value = _choose(scene)
    prompt = scene.phrase(
        "What is the value of {key}{place} in {file}?",
        "Look into {file} and tell me what {key}{place} is set to.",
        "{file} has the settings of {service}. What does it say for {key}{place}?",
        "Which value does {file} have for {key}{place}, please?",
        key=key,
        place=_place(section),
        file=scene.name(settings.path),
        service=settings.service,
    )
    file = scene.word(settings.path)
    find = rf"^\s*{key}(?: = |=| )(.*?);?$"
    command = scene.pick((f"cat {file}", f"grep '{key}' {file}", f"grep -w {key} {file}"))
    steps = [step("read-key", command, save="value", find=find, key=key, file=scene.name(settings.path))]
    return ask(prompt, steps, {"kind": "text", "value": value}, "«value»")


@collect(SETTINGS, 2)
def set_setting(scene: Scene) -> Draft:
    """As in "Set the timeout in shop.ini to 45 and leave the rest"."""
    settings, section, key, old = _choose(scene)
    new = scene.pick([value for value in settings.options[section, key] if value != old])
    prompt = scene.phrase(
        "Set {key}{place} to {new} in {file}. Leave everything else in the file as it is.",
        "In {file}, change {key}{place} from {old} to {new}.",
        "{service} should use {new} for {key}{place}. Please edit {file} accordingly, that one line only.",
        "Change one line of {file}: {key}{place} becomes {new}.",
        key=key,
        place=_place(section),
        new=new,
        old=old,
        file=scene.name(settings.path),
        service=settings.service,
    )
    file, mark = scene.word(settings.path), {"env": "=", "block": " "}.get(settings.style, " = ")
    end, delimiter = ";" if settings.style == "block" else "", "|" if "/" in new + old else "/"
    dotted = old.replace(".", "\\.")
    commands = (
        f"sed -i 's{delimiter}\\<{key}{mark}.*{delimiter}{key}{mark}{new}{end}{delimiter}' {file}",
        f"sed -i '/\\<{key}{mark}/s{delimiter}{dotted}{delimiter}{new}{delimiter}' {file}",
    )
    words = {"key": key, "new": new, "file": scene.name(settings.path)}
    steps = [
        step("find-key", f"grep -n '{key}' {file}", **words),
        step("set-key", scene.pick(commands), **words),
        step("check-key", f"grep '{key}' {file}", **words),
    ]
    text = render_settings(settings.style, settings.service, {**settings.values, (section, key): new})
    return change(prompt, steps, {settings.path: {"text": text}})


@collect(SETTINGS, 3)
def changed_settings(scene: Scene) -> Draft:
    """As in "Which settings differ between shop.ini and shop.ini.bak?"."""
    settings = scene.pick(scene.world.settings)
    free = [name for name, options in settings.options.items() if len(options) > 1]
    chosen = scene.some(free, 2, 3)
    values = dict(settings.values)
    for name in chosen:
        values[name] = scene.pick([value for value in settings.options[name] if value != values[name]])
    backup = f"{settings.path}.{scene.pick(('bak', 'old', 'orig'))}"
    text = render_settings(settings.style, settings.service, values)
    scene.plant(backup, {"text": text, "modified": scene.moment()})
    prompt = scene.phrase(
        "Which settings have other values in {backup} than in {file}? Name the keys.",
        "Somebody changed {file}. Compare it with {backup} and list the keys whose values differ.",
        "List the keys that are set differently in {file} and {backup}.",
        "What is different between {file} and {backup}? I just need the names of the settings.",
        file=scene.name(settings.path),
        backup=scene.name(backup),
    )
    file, other = scene.word(settings.path), scene.word(backup)
    key = {"block": "awk '{print $2}'", "env": "cut -d' ' -f2 | cut -d= -f1"}.get(settings.style, "awk '{print $2}'")
    words = {"file": scene.name(settings.path), "backup": scene.name(backup)}
    steps = [
        step("diff", f"diff {other} {file}", **words),
        step("changed-keys", f"diff {other} {file} | grep '^>' | {key}", save="keys", **words),
    ]
    return ask(prompt, steps, {"kind": "set", "of": "text", "value": [key for _, key in chosen]}, "«keys»")


def _profile(scene: Scene, *extra: str) -> tuple[str, str]:
    """A .profile with a few lines beside the extra ones: its path and text."""
    lines = [
        "# Read at login.",
        "umask 022",
        *(f"export {name}={scene.pick(values)}" for name, values in scene.rng.sample(_VARIABLES[2:], 2)),
        *extra,
        "alias ll='ls -l'",
    ]
    path, text = f"{HOME}/.profile", "\n".join(lines) + "\n"
    scene.plant(path, {"text": text, "modified": scene.moment()})
    return path, text


@collect(SETTINGS, 3)
def export_variable(scene: Scene) -> Draft:
    """As in "Every login shell should have EDITOR set to vim"."""
    name, values = scene.pick(_VARIABLES[:2])
    old, new = scene.rng.sample(values, 2)
    present = scene.pick((True, False))
    path, _ = _profile(scene, *([f"export {name}={old}"] if present else []))
    prompt = scene.phrase(
        "Every login shell should have the environment variable {name} set to {new}. Do it in ~/.profile.",
        "Please make sure that {name} is exported as {new} by ~/.profile. The other lines of the file must stay.",
        "I want {name}={new} in my environment whenever I log in, so ~/.profile has to export it.",
        "Let ~/.profile export {name} with the value {new}, and leave its other settings alone.",
        name=name,
        new=new,
    )
    file, words = scene.word(path), {"name": name, "new": new}
    if present:
        edit = step("replace-export", f"sed -i 's/^export {name}=.*/export {name}={new}/' {file}", **words)
    else:
        append = (f"echo 'export {name}={new}' >> {file}", f"printf 'export {name}={new}\\n' >> {file}")
        edit = step("append-export", scene.pick(append), **words)
    test = f"bash -c '. ~/.profile; printenv {name}'"
    steps = [step("see-profile", f"cat {file}", **words), edit, step("check-export", test, **words)]
    return change(prompt, steps, {path: {"exports": {name: new}}})


@collect(SETTINGS, 4)
def path_first(scene: Scene) -> Draft:
    """As in "Programs in ~/tools should come first: put it at the start of PATH in ~/.profile"."""
    folder = scene.pick(("bin", "tools", ".local/bin", "scripts"))
    present = scene.pick((True, False))
    path, _ = _profile(scene, *([f'export PATH="$PATH:$HOME/{folder}"'] if present else []))
    tool = scene.pick(("greet", "backup", "today", "tidy"))
    scene.plant(
        f"{HOME}/{folder}/{tool}", {"text": "#!/bin/bash\necho hello\n", "mode": "755", "modified": scene.moment()}
    )
    prompt = scene.phrase(
        "Programs in ~/{folder} should win over those of the system. Change ~/.profile so that ~/{folder} is the "
        "first entry of PATH, and stands in it only once.",
        "After login, PATH must begin with {home}/{folder}, followed by what the system sets and by nothing else. "
        "Arrange that in ~/.profile; its other lines must stay.",
        "Please make ~/.profile put ~/{folder} in front of the PATH that the system gives. It must not appear in PATH "
        "a second time.",
        folder=folder,
        home=HOME,
    )
    file, words = scene.word(path), {"folder": f"~/{folder}"}
    line = f'export PATH="$HOME/{folder}:$PATH"'
    if present:
        edit = step("replace-path", f"sed -i 's|^export PATH=.*|{line}|' {file}", **words)
    else:
        edit = step("append-path", f"echo '{line}' >> {file}", **words)
    test = "env -i HOME=\"$HOME\" PATH=/usr/bin:/bin bash -c '. ~/.profile; printenv PATH'"
    steps = [
        step("see-profile", f"cat {file}", name="PATH"),
        step("look", f"ls {scene.word(f'{HOME}/{folder}')}", folder=f"~/{folder}"),
        edit,
        step("check-path", test, **words),
    ]
    return change(prompt, steps, {path: {"exports": {"PATH": f"{HOME}/{folder}:/usr/bin:/bin"}}})


@collect(SETTINGS, 4)
def follow_setting(scene: Scene) -> Draft:
    """As in "Move the largest file of the folder that job.conf names to the folder that it also names"."""
    shelf = scene.pick([shelf for shelf in scene.world.shelves if not shelf.subfolders])
    others = [s.path for s in scene.world.shelves if s.path != shelf.path]
    top, settings = (
        posixpath.dirname(shelf.path),
        f"{posixpath.dirname(shelf.path)}/{scene.pick(('job', 'archive', 'mover'))}.conf",
    )
    target = f"{top}/{scene.pick(('large', 'outbox', 'moved'))}"
    text = f"# Where things go.\n#source = {scene.pick(others)}\nsource = {shelf.path}\ntarget = {target}\nlimit = 3\n"
    scene.plant(settings, {"text": text, "modified": scene.moment()})
    scene.plant(target, {"folder": True, "modified": scene.moment()})
    sizes = {path: len(scene.tree[path].content) for path in scene.tree.below(shelf.path)}
    untied(list(sizes.values()))
    largest = max(sizes, key=sizes.get)
    prompt = scene.phrase(
        "{settings} names a source and a target folder. Move the largest file of the source folder to the target "
        "folder.",
        "Read {settings}. Then move the biggest file in the folder given as source to the folder given as target.",
        "The settings in {settings} say where files come from and where they go. Please move one file, the largest in "
        "source, to target.",
        settings=scene.name(settings),
    )
    file = scene.word(settings)
    by_ls = ("ls -S «source» | head -3", r"\A(.+)$")
    by_find = ("find «source» -type f -printf '%s %f\\n' | sort -rn | head -3", r"\A\d+ (.+)$")
    command, find = scene.pick((by_ls, by_find))
    words = {"settings": scene.name(settings)}
    steps = [
        step("read-source", f"cat {file}", save="source", find=r"^source = (.*)$", **words),
        step("read-target", f"grep '^target' {file}", save="target", find=r"^target = (.*)$", **words),
        step("largest-there", command, save="name", find=find, **words),
        step("move-there", "mv «source»/«name» «target»/", **words),
        step("check-folder", "ls «target»", target="the target folder"),
    ]
    moved = f"{target}/{posixpath.basename(largest)}"
    return change(prompt, steps, {largest: None, moved: {"from": largest}})


@collect(SETTINGS, 2)
def section_keys(scene: Scene) -> Draft:
    """As in "Which keys does the section server set?"."""
    settings = scene.pick([s for s in scene.world.settings if s.style == "ini"])
    section = scene.pick(sorted({section for section, _ in settings.values}))
    keys = [key for owner, key in settings.values if owner == section]
    if len(keys) < 2:
        raise Unfit
    prompt = scene.phrase(
        "Which keys does the section {section} of {file} set?",
        "List the names of all settings in the section [{section}] of {file}.",
        "What can be configured under {section} in {file}? Give me the keys.",
        "Name the keys that stand in section {section} of {file}, please.",
        section=section,
        file=scene.name(settings.path),
    )
    file, words = scene.word(settings.path), {"section": section, "file": scene.name(settings.path)}
    commands = (
        f"sed -n '/^\\[{section}\\]/,/^$/p' {file} | grep = | cut -d' ' -f1",
        f"awk '/^\\[/ {{on = $0 == \"[{section}]\"}} on && /=/ {{print $1}}' {file}",
    )
    steps = [
        step("sections", f"grep '^\\[' {file}", **words),
        step("section-keys", scene.pick(commands), save="keys", **words),
    ]
    return ask(prompt, steps, {"kind": "set", "of": "text", "value": keys}, "«keys»")
