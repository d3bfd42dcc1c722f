"""What a box holds beside the system's programs when no root was given: the same files on every machine."""

from envs.sandbox.interface import File

__all__ = ["SKELETON"]

_PASSWD = """\
root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
bin:x:2:2:bin:/bin:/usr/sbin/nologin
sys:x:3:3:sys:/dev:/usr/sbin/nologin
man:x:6:12:man:/var/cache/man:/usr/sbin/nologin
mail:x:8:8:mail:/var/mail:/usr/sbin/nologin
backup:x:34:34:backup:/var/backups:/usr/sbin/nologin
www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
user:x:1000:1000:user:/home/user:/bin/bash
"""
_GROUPS = {
    "root": 0,
    "daemon": 1,
    "bin": 2,
    "sys": 3,
    "adm": 4,
    "tty": 5,
    "disk": 6,
    "mail": 8,
    "man": 12,
    "sudo": 27,
    "www-data": 33,
    "backup": 34,
    "shadow": 42,
    "utmp": 43,
    "staff": 50,
    "games": 60,
    "users": 100,
    "user": 1000,
    "nogroup": 65534,
}
_PAM = """\
auth sufficient pam_rootok.so
auth required pam_unix.so
account required pam_unix.so
password required pam_unix.so
session required pam_unix.so
"""
_LOGIN = """\
MAIL_DIR /var/mail
UMASK 022
UID_MIN 1000
UID_MAX 60000
SYS_UID_MIN 100
SYS_UID_MAX 999
GID_MIN 1000
GID_MAX 60000
SYS_GID_MIN 100
SYS_GID_MAX 999
USERGROUPS_ENAB yes
ENCRYPT_METHOD SHA512
"""
_NAMES = [line.split(":")[0] for line in _PASSWD.splitlines()]
_TEXTS = {
    "passwd": _PASSWD,
    "group": "".join(f"{name}:x:{number}:\n" for name, number in _GROUPS.items()),
    "hostname": "box\n",
    "hosts": "127.0.0.1 localhost\n127.0.1.1 box\n::1 localhost\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\nhosts: files\n",
    "resolv.conf": "",
    "login.defs": _LOGIN,
    "shells": "/bin/sh\n/bin/bash\n",
    "pam.d/other": _PAM,
    "default/useradd": "SHELL=/bin/sh\n",
    "timezone": "Etc/UTC\n",
}
_SECRETS = {
    "shadow": "".join(f"{name}:*:19000:0:99999:7:::\n" for name in _NAMES),
    "gshadow": "".join(f"{name}:*::\n" for name in _GROUPS),
}
_FOLDERS = (
    "etc etc/pam.d etc/default etc/skel home media mnt opt root run run/lock srv tmp var var/backups var/cache "
    "var/lib var/log var/mail var/spool var/tmp"
).split()
_MODES = {"root": 0o700, "tmp": 0o1777, "var/tmp": 0o1777, "run/lock": 0o1777}
_LINKS = {
    "/var/run": "/run",
    "/var/lock": "/run/lock",
    "/etc/mtab": "/proc/self/mounts",
    "/etc/os-release": "../usr/lib/os-release",
}

SKELETON: dict[str, File] = {
    **{f"/{name}": File(folder=True, mode=_MODES.get(name, 0o755), root=True) for name in _FOLDERS},
    "/home/user": File(folder=True, mode=0o755),
    **{f"/etc/{name}": File(text.encode(), root=True) for name, text in _TEXTS.items()},
    **{f"/etc/{name}": File(text.encode(), mode=0o640, root=True) for name, text in _SECRETS.items()},
    **{path: File(link=target, root=True) for path, target in _LINKS.items()},
}
