"""Thoughts before a look at what a change did."""

__all__ = ["CHECKING"]

CHECKING = {
    "check-file": (
        "I check the result in {file}.",
        "Does {file} look right?",
        "Let me look at {file} now.",
        "I verify {file}.",
    ),
    "check-lines": (
        "There should be one address only in {target}.",
        "I check that {target} has lines of {address} alone.",
        "Which addresses are in {target} now?",
        "A tally of {target} shows whether only {address} is in it.",
    ),
    "check-folder": (
        "I look at what is there now.",
        "Let me check the folder.",
        "Is everything where it should be?",
        "A listing shows whether that worked.",
    ),
    "check-mode": (
        "The mode should now be {mode}.",
        "I check that it is {mode}.",
        "Is it {mode} now?",
        "stat should say {mode}.",
    ),
    "check-modes": (
        "I count the modes again.",
        "Which modes are there in {folder} now?",
        "Let me check the modes below {folder}.",
        "A tally of the modes shows whether it worked.",
    ),
    "check-list": (
        "I compare the modes with the list.",
        "Do the modes match {list} now?",
        "Let me see the mode of each listed file.",
        "I check the modes of the files in {list}.",
    ),
    "check-archive": (
        "I count the files in {archive} and look at a few names.",
        "Is everything in {archive}?",
        "The number should be the same as before.",
        "Let me list the new archive.",
    ),
    "check-missing": (
        "Is anything still missing? Nothing should be printed.",
        "The same comparison again should give nothing.",
        "I check that every file of the archive exists now.",
        "No name should come out of this any more.",
    ),
    "check-link": (
        "I check where {link} leads.",
        "Does {link} lead to {new} now?",
        "The version behind {link} should be {new}.",
        "Let me follow {link} once.",
    ),
    "check-links": (
        "There should be no broken link left.",
        "I count the broken links again, and all files.",
        "The first number should be 0.",
        "Are the others still there, and no broken one?",
    ),
    "check-links-made": (
        "I look at the new links.",
        "Which links are there now, and where do they lead?",
        "Let me check the links and their targets.",
        "I list all links in {folder}.",
    ),
    "check-stopped": (
        "I look at what is still running.",
        "Is it gone, and are the others still there?",
        "Let me check that just that one ended.",
        "The others must still be in the list.",
    ),
    "check-started": (
        "I check that it runs and what it wrote.",
        "Is {name} running with these values, and does {log} show its output?",
        "Let me look at the processes and at {log}.",
        "Both copies of {name} should be in the list.",
    ),
    "check-key": (
        "I check the line.",
        "Does {file} say {new} now?",
        "Let me see the line with {key} again.",
        "{key} should be {new} now.",
    ),
    "check-export": (
        "A fresh bash that reads ~/.profile should print {new}.",
        "I source ~/.profile in a new shell to test it.",
        "Is {name} really exported? printenv in a fresh shell shows it.",
        "Let me try it: read ~/.profile and print {name}.",
    ),
    "check-path": (
        "I read ~/.profile in a clean shell and print PATH.",
        "With a plain PATH to start from, {folder} should come first, once.",
        "Does PATH begin with {folder} now?",
        "Let me test ~/.profile with a clean environment.",
    ),
    "check-tree": (
        "I list {folder} to check.",
        "Is the tree complete?",
        "Let me see what is there now.",
        "find shows the folders that exist now.",
    ),
    "check-named": (
        "I look for both names in {folder}.",
        "Which of the two names are there now?",
        "Let me check {old} and {new}.",
        "A listing tells me what became of {old} and {new}.",
    ),
    "check-moved": (
        "I count the files in {target}, and what is left of them in {folder}.",
        "Nothing that ends in {suffix} should be left in {folder}.",
        "Let me count both sides.",
        "The second number should be 0.",
    ),
    "check-time": (
        "I check the new time, in UTC.",
        "date -r shows the modification time.",
        "Is the time right now?",
        "Let me read the time back.",
    ),
    "check-names": (
        "I look at the new names.",
        "How are the files called now?",
        "Let me list {folder} again.",
        "A listing shows whether the names are right.",
    ),
    "check-same": (
        "I compare again; only extra files may be left.",
        "Now diff should mention nothing but files that exist only in {there}.",
        "Let me run the comparison once more.",
        "Is anything of {here} still missing or different?",
    ),
    "check-sorted": (
        "I list all files with their folders.",
        "Where is everything now?",
        "Let me check the new places.",
        "find shows whether each file is in the right month.",
    ),
    "check-unique": (
        "No checksum should occur twice now.",
        "I check that no repeated checksum is left, and count the files.",
        "The first number should be 0.",
        "Are there still equal files? I count repeated checksums.",
    ),
    "try-script": (
        "I try the script on {file}.",
        "Does it work? I run it on {file}.",
        "Let me test {script}.",
        "A test run on {file} shows whether it is right.",
    ),
}
