"""Thoughts before a query of several tables."""

__all__ = ["JOINING"]

JOINING = {
    "join": (
        "{child}.{ref} points to {parent}, so I join them for {name}.",
        "I join {child} with {parent} and look for {name}.",
        "The {many} are in {child}; {name} is in {parent}, so I join.",
        "A join over {ref} finds the {many} of {name}.",
    ),
    "join-count": (
        "I join {child} with {parent} and count where {where}.",
        "{where} is about {parent}, so I join it to {child} by {ref} and count.",
        "Counting {many} with {where} needs a join over {ref}.",
        "I count rows of {child} whose {ref} leads to {where}.",
    ),
    "childless": (
        "These {many} have an id that is not in {child}.{ref}.",
        "I select the {many} whose id never appears as {ref} in {child}.",
        "No row in {child} for them: id NOT IN the {ref} values.",
        "I compare the ids of {parent} with {ref} in {child}.",
    ),
    "counts": (
        "I look at how many {many} each {ref} has.",
        "First I count the {many} for each {ref}.",
        "How many {many} come with each {ref}?",
        "I group {child} by {ref} to see the counts.",
    ),
    "having": (
        "Now I join {parent} and keep groups of more than {least}.",
        "I group by {parent} and use HAVING COUNT(*) > {least}.",
        "The names are in {parent}; HAVING keeps those with more than {least}.",
        "With a join and HAVING I get those with more than {least} {many}.",
    ),
    "some": (
        "I see which rows of {parent} have {where}.",
        "First, which {parent} fit {where}?",
        "I look at the {parent} with {where}.",
        "The condition is on {parent}, so I check it there first.",
    ),
    "join-aggregate": (
        "Now I join {child} and take {function} of {column}.",
        "I join {child} with {parent} by {ref} and take {function} of {column}.",
        "Over the joined rows with {where} I take {function}({column}).",
        "{function} of {column} is over {child} joined with {parent}.",
    ),
    "join-distinct": (
        "I join {child} with {parent} and list each of the {many} once.",
        "DISTINCT keeps each of the {many} once after the join over {ref}.",
        "The rows with {where} lead to {parent} by {ref}.",
        "I select the {many} from {parent} joined with {child} where {where}.",
    ),
    "find": (
        "I need the id of {name} in {table}.",
        "First I look up which id the {one} {name} has.",
        "{table} gives me the id of {name}.",
        "What is the id of the {one} {name}?",
    ),
    "linked": (
        "{name} has id {found}; {through} leads from it to the {many}.",
        "I join {left} with {through} for the id {found}.",
        "The {many} of {right} {found} are reached through {through}.",
        "With id {found} I select the {many} by way of {through}.",
    ),
    "totals": (
        "I look at the largest totals of {column} by {ref}.",
        "First I sum {column} for each {ref} in {child}.",
        "Which {ref} has the largest sum of {column}?",
        "I group {child} by {ref} and sum {column}.",
    ),
    "top-total": (
        "Now I join {parent} to get the name of the {one} with its total.",
        "The name of this {one} is in {parent}, so I join.",
        "I join {parent} by {ref} and keep the largest sum.",
        "With the join I get the {one} and the total in one row.",
    ),
    "own-count": (
        "I count the {many} of {name} first.",
        "How many {many} does {name} come to?",
        "The comparison is with {name}, so I count there first.",
        "I need the number of {many} for {name}.",
    ),
    "more-than": (
        "{name} comes to {own}; I keep those with a larger count.",
        "Now I want the groups with more than {own}.",
        "The number to beat is {own}, so HAVING COUNT(*) > {own}.",
        "I group by {parent} and keep counts above {own}.",
    ),
}
