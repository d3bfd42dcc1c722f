"""The system calls that no program in a box may make, as a seccomp filter.

A deny list: what widens the kernel's surface (namespaces, mounts, handles, tracing, BPF, io_uring, keys, modules) or
reaches other processes and the terminal. Everything else is limited by having no capability and no foreign file.
"""

import ctypes
import errno
import os
import struct

from envs.sandbox import kernel

__all__ = ["MACHINES", "install", "program"]

MACHINES = {"x86_64": 0, "aarch64": 1}
"""Architectures that the tables know, with the column of their numbers."""
_ARCHITECTURE = (0xC000003E, 0xC00000B7)  # AUDIT_ARCH_X86_64, AUDIT_ARCH_AARCH64
_CLONE, _IOCTL, _CLONE3 = (56, 220), (16, 29), 435

# name: (x86_64, aarch64), None where there is no such call
_DENIED: dict[str, tuple[int | None, int | None]] = {
    "acct": (163, 89),
    "add_key": (248, 217),
    "bpf": (321, 280),
    "delete_module": (176, 106),
    "fanotify_init": (300, 262),
    "finit_module": (313, 273),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "init_module": (175, 105),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "ioperm": (173, None),
    "iopl": (172, None),
    "kcmp": (312, 272),
    "kexec_file_load": (320, 294),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "lookup_dcookie": (212, 18),
    "mbind": (237, 235),
    "memfd_secret": (447, 447),
    "migrate_pages": (256, 238),
    "modify_ldt": (154, None),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "move_pages": (279, 239),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "pidfd_getfd": (438, 438),
    "pivot_root": (155, 41),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "reboot": (169, 142),
    "request_key": (249, 218),
    "setns": (308, 268),
    "swapoff": (168, 225),
    "swapon": (167, 224),
    "syslog": (103, 116),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
    "vhangup": (153, 58),
}
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C

# Offsets in `struct seccomp_data`, and the instructions of classic BPF that are needed.
_NUMBER, _ARCH, _ARGUMENT_0, _ARGUMENT_1 = 0, 4, 16, 24
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERROR = 0x7FFF0000, 0x00050000
_REFUSE, _UNKNOWN = _ERROR | errno.EPERM, _ERROR | errno.ENOSYS


def program(machine: str) -> bytes:
    """The filter for a machine of `MACHINES`, as the kernel and bubblewrap's `--seccomp` read it."""
    column = MACHINES[machine]
    code = [(_LOAD, 0, 0, _ARCH), (_EQUAL, 1, 0, _ARCHITECTURE[column]), (_RETURN, 0, 0, _UNKNOWN)]
    # The second test keeps out x32, which numbers the same calls anew on x86-64.
    code += [(_LOAD, 0, 0, _NUMBER), (_AT_LEAST, 0, 1, 0x40000000), (_RETURN, 0, 0, _UNKNOWN)]
    for numbers in _DENIED.values():
        if (number := numbers[column]) is not None:
            code += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _REFUSE)]
    # clone3 hides its flags in memory, where a filter cannot look: without it, libraries use clone.
    code += [(_EQUAL, 0, 1, _CLONE3), (_RETURN, 0, 0, _UNKNOWN)]
    code += [(_EQUAL, 0, 4, _CLONE[column]), (_LOAD, 0, 0, _ARGUMENT_0), (_ANY_BIT, 0, 1, kernel.NEWUSER)]
    code += [(_RETURN, 0, 0, _REFUSE), (_RETURN, 0, 0, _ALLOW)]
    code += [(_EQUAL, 0, 4, _IOCTL[column]), (_LOAD, 0, 0, _ARGUMENT_1), (_EQUAL, 1, 0, _TIOCSTI)]
    code += [(_EQUAL, 0, 1, _TIOCLINUX), (_RETURN, 0, 0, _REFUSE), (_RETURN, 0, 0, _ALLOW)]
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in code)


def install(filter: bytes) -> None:
    """Put a filter on this process and all it will start, for ever. It must have no new privileges to gain."""
    memory = ctypes.create_string_buffer(filter, len(filter))
    header = struct.pack("@HP", len(filter) // 8, ctypes.addressof(memory))
    kernel.prctl(kernel.PR_SET_SECCOMP, 2, header)


def for_this_machine() -> bytes:
    """The filter for the machine that runs this, empty where the tables do not know it."""
    machine = os.uname().machine
    return program(machine) if machine in MACHINES else b""
