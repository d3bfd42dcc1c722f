"""Thoughts for steps that only tasks of the `novel` split have."""

__all__ = ["NOVEL"]

NOVEL = {
    "clear": (
        "Empty means NULL, so I set {column} of {name} to NULL.",
        "I update {table} and put NULL into {column} for {name}.",
        "The {column} of {name} becomes NULL.",
        "I set {column} = NULL in the row of {name}.",
    ),
    "either": (
        "Both values count, so I test {column} with IN.",
        "I count the {many} whose {column} is one of the two.",
        "{column} may be either value; IN covers both.",
        "COUNT(*) on {table} with {column} IN the two values.",
    ),
    "except": (
        "I take all {many} but those with {where}.",
        "The rest are the rows of {table} where not {where}.",
        "I leave out {where} with the operator <>.",
        "Everything in {table} except {where} is asked for.",
    ),
    "fill": (
        "I set {column} to {word} where it is NULL.",
        "The empty ones have {column} IS NULL; they get {word}.",
        "One UPDATE of {table} fills the missing {column}.",
        "Only rows without a {column} may change.",
    ),
    "spread": (
        "I subtract MIN from MAX of {column} where {where}.",
        "The gap is MAX({column}) - MIN({column}) for {where}.",
        "For {where} I need the largest and smallest {column}.",
        "I take both ends of {column} and their difference.",
    ),
    "share": (
        "I divide the rows with {where} by all rows of {table}.",
        "The share is 100 times the count with {where} over COUNT(*).",
        "SUM({where}) counts the hits; COUNT(*) is the whole.",
        "A percentage of {many}: hits over all, times 100.",
    ),
    "latest": (
        "I join {child} with {parent} and take MAX({column}) for {name}.",
        "The most recent day is MAX({column}) of {name}.",
        "I look for {name} in {parent} and take the largest {column} in {child}.",
        "MAX({column}) over the rows of {name} gives the day.",
    ),
    "bounds": (
        "I see between which values {column} lies.",
        "First, how small and how large is {column}?",
        "I look at the range of {column} in {table}.",
        "The range of {column} helps me to judge {target}.",
    ),
    "closest": (
        "I order by the distance of {column} from {target} and take the first.",
        "ABS({column} - {target}) measures how close each {one} is.",
        "The {one} with the smallest distance to {target} comes first.",
        "I sort {table} by the distance from {target}.",
    ),
    "per-parent": (
        "I divide the rows in {child} by the number of {many} with {where}.",
        "The average is all their rows in {child} over the {many} with {where}.",
        "Those with none count too, so I divide two counts.",
        "Two counts and a division give the average for {where}.",
    ),
    "distinct-values": (
        "I check which values {column} has.",
        "First I look at the values of {column} in {table}.",
        "How is {column} written in {table}?",
        "I look at {table}.{column} before I compare.",
    ),
    "both": (
        "Each of the {many} must appear with {first} and with {second}.",
        "I test for both: {first} and {second} in {child}.",
        "Two subqueries on {child} give the {many} with both.",
        "The ids must be in both sets of {ref}.",
    ),
    "some-none": (
        "They have rows in {child}, but none with {where}.",
        "I want ids in {child}.{ref} that never come with {where}.",
        "IN for any row of {child}, NOT IN for {where}.",
        "The {many} with {where} are left out, and so are those with no row.",
    ),
    "both-values": (
        "I read {column} of {first} and {second}.",
        "What are the two values of {column}?",
        "First I need both values from {table}.",
        "I look at {first} and {second} in {table}.",
    ),
    "swap": (
        "I set {column} to the value of the other row.",
        "Now one row gets the other's {column}.",
        "I write the exchanged {column} into {table}.",
        "This row takes over the other {column}.",
    ),
    "original": (
        "I look at the row of {name} that is to be copied.",
        "What does the row of {name} hold?",
        "First I read {name} in {table}.",
        "I check the original, {name}.",
    ),
    "copy": (
        "I insert a copy of {name} with the name {copy}.",
        "INSERT with SELECT copies all but the name and the id.",
        "The new row takes everything but its name from {name}.",
        "I copy the row of {name} under the name {copy}.",
    ),
}
