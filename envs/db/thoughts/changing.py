"""Thoughts before and after a change."""

__all__ = ["CHANGING"]

CHANGING = {
    "insert": (
        "I insert the new {one} into {table}.",
        "All values are given, so I add the row to {table}.",
        "The new {one} is one row of {table}.",
        "I add the {one} with INSERT; the id is set by itself.",
    ),
    "update": (
        "I set {column} for {name} in {table}.",
        "The {noun} is {table}.{column}; I update the row of {name}.",
        "Only the row of {name} may change, so I filter on it.",
        "I update {table} and set {column} where the row is {name}.",
    ),
    "delete": (
        "I delete the rows of {table} where {where}.",
        "The {many} to go are those with {where}.",
        "I remove from {table} what has {where}.",
        "DELETE on {table} with {where} takes just these {many}.",
    ),
    "shift": (
        "I change {column} relative to its value where {where}.",
        "All {many} with {where} get a new {column}.",
        "I update {table} for {where} and reckon with the old {column}.",
        "One UPDATE of {column} with {where} does it.",
    ),
    "delete-children": (
        "The id is {found}; I first delete its rows in {child}.",
        "I delete the {many} with {ref} = {found} before the {one}.",
        "The {many} of {found} go first.",
        "In {child} I remove what has {ref} {found}.",
    ),
    "delete-parent": (
        "Now I delete the {one} itself from {parent}.",
        "The {many} are gone; next the row {found} of {parent}.",
        "Then I remove id {found} from {parent}.",
        "What is left is the {one} with id {found}.",
    ),
    "update-children": (
        "I update {column} where {ref} belongs to {parent} with {where}.",
        "A subquery finds the {parent} with {where}; their rows in {child} change.",
        "I set {column} in {child} for every {ref} whose row has {where}.",
        "The rows of {child} are chosen by {ref}, with {where} in {parent}.",
    ),
    "delete-childless": (
        "I delete just these rows of {parent}.",
        "The same condition goes into a DELETE on {parent}.",
        "Now I remove the {many} without rows in {child}.",
        "These rows of {parent} can go.",
    ),
    "move-children": (
        "The ids are {old} and {new}; I move the {many} over.",
        "I set {ref} to {new} wherever it is {old}.",
        "All {many} of {old} go to {new}.",
        "In {child} I replace {ref} {old} by {new}.",
    ),
    "delete-old": (
        "Now {old_name} can be deleted from {parent}.",
        "Nothing points to {old} any more, so I delete it.",
        "I remove the row {old} of {parent}.",
        "With the {many} moved, I delete {old_name}.",
    ),
    "find-new": (
        "I need the id that {name} was given.",
        "Which id did the new {one} get?",
        "The next row refers to {name}, so I look up its id.",
        "I read the id of the new {one}.",
    ),
    "insert-child": (
        "The id is {found}; now I insert the {one} with {ref} {found}.",
        "I add the {one} to {child} with {ref} = {found}.",
        "The {one} refers to {found} by {ref}.",
        "With id {found} I can insert the {one}.",
    ),
    "verify": (
        "I check the result in {table}.",
        "A last look at {table} to see that the change is right.",
        "I verify what {table} holds now.",
        "Let me make sure that {table} is as asked.",
    ),
}
