"""Questions about users and groups in copies of a machine's files, difficulties 1 to 4."""

import posixpath

from envs.shell.templates.base import Draft, Scene, Template, ask, collect, step

__all__ = ["ACCOUNTS"]

ACCOUNTS: list[Template] = []

_GROUPS = ("staff", "editors", "interns", "finance", "support", "design")
_SHELLS = ("/bin/bash", "/bin/sh", "/bin/zsh", "/usr/sbin/nologin")
_SYSTEM = "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n"


class _Accounts:
    """A passwd and a group file, planted, with what is in them."""

    def __init__(self, scene: Scene):
        folder = f"{posixpath.dirname(scene.world.sheets[0].path)}/{scene.pick(('accounts', 'old-server', 'etc-copy'))}"
        self.passwd, self.group = f"{folder}/passwd", f"{folder}/group"
        people = scene.rng.sample(scene.scenario.people, scene.rng.randint(9, 14))
        named = {f"{first[0]}{last}".lower(): f"{first} {last}" for first, last in map(str.split, people)}
        self.users = sorted(named.items())
        self.groups = {name: 2001 + n for n, name in enumerate(scene.rng.sample(_GROUPS, 4))}
        self.primary = {login: scene.pick(list(self.groups)) for login, _ in self.users}
        self.shell = {login: scene.pick(_SHELLS) for login, _ in self.users}
        self.members = {name: scene.some(sorted(named), 2, 5) for name in self.groups}
        lines = [
            f"{login}:x:{1001 + n}:{self.groups[self.primary[login]]}:{person}:/home/{login}:{self.shell[login]}"
            for n, (login, person) in enumerate(self.users)
        ]
        groups = [f"{name}:x:{number}:{','.join(self.members[name])}" for name, number in self.groups.items()]
        scene.plant(self.passwd, {"text": _SYSTEM + "\n".join(lines) + "\n", "modified": scene.moment()})
        scene.plant(self.group, {"text": "root:x:0:\n" + "\n".join(groups) + "\n", "modified": scene.moment()})


@collect(ACCOUNTS, 1)
def login_shell(scene: Scene) -> Draft:
    """As in "Which login shell does alopes have in the copy of passwd?"."""
    accounts = _Accounts(scene)
    login, person = scene.pick(accounts.users)
    file = scene.word(accounts.passwd)
    if scene.pick((True, False)):
        who = login
        phrasings = (
            "{file} is a copy of /etc/passwd. Which login shell does the user {who} have in it?",
            "Look up {who} in {file} (it has the format of /etc/passwd). What is the login shell?",
            "Please tell me the shell of the account {who} in {file}.",
        )
        commands = (f"grep '^{who}:' {file} | cut -d: -f7", f"awk -F: '$1 == \"{who}\" {{print $7}}' {file}")
    else:
        who = person
        phrasings = (
            "What is the login shell of {who} according to {file}, a copy of a passwd file?",
            "{who} has an account in {file}, which is a copy of /etc/passwd. Which shell does it start?",
            "I need to know which shell {who} gets at login. The old server's passwd file is {file}.",
        )
        commands = (f"grep ':{who}:' {file} | cut -d: -f7", f"awk -F: '$5 == \"{who}\" {{print $7}}' {file}")
    prompt = scene.phrase(*phrasings, file=scene.name(accounts.passwd), who=who)
    steps = [step("account", scene.pick(commands), save="shell", who=who, file=scene.name(accounts.passwd))]
    return ask(prompt, steps, {"kind": "text", "value": accounts.shell[login]}, "«shell»")


@collect(ACCOUNTS, 2)
def users_with_shell(scene: Scene) -> Draft:
    """As in "Which users have /bin/zsh as their shell?"."""
    accounts = _Accounts(scene)
    shell = scene.pick(_SHELLS[1:3])
    users = [login for login, used in accounts.shell.items() if used == shell]
    scene.pick(users[1:])
    prompt = scene.phrase(
        "Which users in {file} have {shell} as their login shell?",
        "List the logins in {file}, a copy of /etc/passwd, that use {shell}.",
        "We want to drop {shell}. Whose accounts in {file} still have it as login shell? Logins, please.",
        "Names of all accounts with the shell {shell} in {file}?",
        file=scene.name(accounts.passwd),
        shell=shell,
    )
    file = scene.word(accounts.passwd)
    commands = (
        f"grep ':{shell}$' {file} | cut -d: -f1",
        f"awk -F: '$7 == \"{shell}\" {{print $1}}' {file}",
    )
    words = {"file": scene.name(accounts.passwd), "shell": shell}
    steps = [
        step("head", f"head -3 {file}", **words),
        step("with-shell", scene.pick(commands), save="users", **words),
    ]
    return ask(prompt, steps, {"kind": "set", "of": "text", "value": users}, "«users»")


@collect(ACCOUNTS, 3)
def primary_members(scene: Scene) -> Draft:
    """As in "Which users have editors as their primary group?"."""
    accounts = _Accounts(scene)
    group = scene.pick(list(accounts.groups))
    users = [login for login, name in accounts.primary.items() if name == group]
    scene.pick(users[1:])
    prompt = scene.phrase(
        "Which users have {group} as their primary group? {passwd} and {group_file} are copies of the system's files.",
        "Going by {passwd} and {group_file}, list the logins whose primary group is {group}.",
        "I have copies of passwd and group in {folder}. Whose primary group is {group}? Give me the logins.",
        "Find all accounts in {passwd} with the primary group {group}; {group_file} has its number.",
        group=group,
        passwd=scene.name(accounts.passwd),
        group_file=scene.name(accounts.group),
        folder=scene.name(posixpath.dirname(accounts.passwd)),
    )
    passwd, file = scene.word(accounts.passwd), scene.word(accounts.group)
    words = {"group": group, "file": scene.name(accounts.passwd)}
    steps = [
        step("group-number", f"grep '^{group}:' {file}", save="gid", find=r"^\w+:x:(\d+):", **words),
        step("with-group", f"awk -F: '$4 == «gid» {{print $1}}' {passwd}", save="users", **words),
    ]
    return ask(prompt, steps, {"kind": "set", "of": "text", "value": users}, "«users»")


@collect(ACCOUNTS, 4)
def all_members(scene: Scene) -> Draft:
    """As in "Who belongs to editors, by primary group or by being listed?"."""
    accounts = _Accounts(scene)
    group = scene.pick(list(accounts.groups))
    users = {login for login, name in accounts.primary.items() if name == group} | set(accounts.members[group])
    if users == set(accounts.members[group]):
        scene.pick([])
    prompt = scene.phrase(
        "Who belongs to the group {group}? Count both its listed members in {group_file} and the users in {passwd} "
        "that have it as their primary group. Logins, each once.",
        "List every login that is in {group}, be it as primary group in {passwd} or as a member in {group_file}.",
        "I need all users of the group {group} from the copies {passwd} and {group_file}: primary members and listed "
        "members together, without repeats.",
        group=group,
        passwd=scene.name(accounts.passwd),
        group_file=scene.name(accounts.group),
    )
    passwd, file = scene.word(accounts.passwd), scene.word(accounts.group)
    words = {"group": group, "file": scene.name(accounts.passwd)}
    listed, primary = (
        f"grep '^{group}:' {file} | cut -d: -f4 | tr , '\\n'",
        f"awk -F: '$4 == «gid» {{print $1}}' {passwd}",
    )
    steps = [
        step("group-number", f"grep '^{group}:' {file}", save="gid", find=r"^\w+:x:(\d+):", **words),
        step("with-group", primary, **words),
        step("all-members", f"({listed}; {primary}) | sort -u", save="users", **words),
    ]
    return ask(prompt, steps, {"kind": "set", "of": "text", "value": sorted(users)}, "«users»")
