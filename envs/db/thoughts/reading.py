"""Thoughts before a query of one table, or of its groups."""

__all__ = ["READING"]

READING = {
    "check": (
        "I check how {table} stores the {noun}.",
        "The words for the {noun} may differ in {column}, so I look at its values.",
        "Before I use {column} I want to see which values it has.",
        "Which values does {column} of {table} hold?",
    ),
    "filter": (
        "I need {key} from {table} where {where}.",
        "The {many} I want are the rows of {table} with {where}.",
        "I filter {table} on {where} and read {key}.",
        "{table} has what I need: I select {key} where {where}.",
    ),
    "value": (
        "I read {column} of {name} in {table}.",
        "The {noun} is in {table}.{column}; I look for {name}.",
        "{name} is one row of {table}, and I need its {column}.",
        "I select {column} from {table} for {name}.",
    ),
    "count": (
        "I count the rows of {table} where {where}.",
        "The number of {many} is COUNT(*) with {where}.",
        "Counting {many} means COUNT(*) on {table} with {where}.",
        "I use COUNT(*) on {table} and filter on {where}.",
    ),
    "extreme": (
        "I take {function} of {column} in {table}.",
        "{function}({column}) over {table} gives this {noun}.",
        "The {noun} is in {table}.{column}, so I use {function}.",
        "One {function} over {column} answers this.",
    ),
    "top": (
        "I order {table} by {order} and keep the first row.",
        "Ordering by {order} puts the {one} I want first.",
        "The first row of {table} by {order} is this {one}.",
        "I sort {table} by {order} with LIMIT 1.",
    ),
    "like": (
        "I match {column} in {table} with the pattern {pattern}.",
        "A text that {how} matches LIKE '{pattern}'.",
        "I use LIKE '{pattern}' on {table}.{column}.",
        "To find what {how} I compare {column} with '{pattern}'.",
    ),
    "null": (
        "A missing value is NULL, so I look for {column} IS NULL in {table}.",
        "These {many} have no {column}: I test {column} IS NULL.",
        "I select {key} from {table} where {column} IS NULL.",
        "The {many} I want are those whose {column} is NULL.",
    ),
    "count-null": (
        "I count the rows of {table} where {where}.",
        "An empty {column} is NULL, so the test is {where}.",
        "{column} decides this: I count with {where}.",
        "I use COUNT(*) on {table} with {where}.",
    ),
    "count-date": (
        "The days are in {column}, so I count with {where}.",
        "I count the rows of {table} where {where}.",
        "Dates are written year-month-day, so {where} selects the time.",
        "I use COUNT(*) on {table} and limit {column} in time.",
    ),
    "distinct": (
        "I count the different values of {column} in {table}.",
        "COUNT(DISTINCT {column}) over {table} gives the number of {nouns}.",
        "Each of the {nouns} counts once, so I use COUNT(DISTINCT {column}).",
        "The {nouns} are in {table}.{column}; I count them without repeats.",
    ),
    "aggregate": (
        "I need {function} of {column} over {table} where {where}.",
        "{function} is taken over {column} for rows with {where}.",
        "I filter {table} on {where} and take {function} of {column}.",
        "For the rows with {where} I work out {function}({column}).",
    ),
    "group": (
        "I group {table} by {column} and count each group.",
        "One row for each {column}: GROUP BY {column} with COUNT(*).",
        "Counting {many} for each {column} calls for GROUP BY.",
        "I count the rows of {table} for each {column}.",
    ),
    "largest-group": (
        "I group {table} by {column} and keep the largest count.",
        "I count {many} for each {column}, order by the count and take the first.",
        "The {column} with the highest COUNT(*) is what I want.",
        "GROUP BY {column}, largest count first, LIMIT 1.",
    ),
    "top-few": (
        "I order {table} by {order} and keep {count} rows.",
        "The first {count} {many} by {order} are asked for, in that order.",
        "I sort by {order} with LIMIT {count}.",
        "Ordering {table} by {order} gives these {count} {many}.",
    ),
    "difference": (
        "I subtract two counts on {table}: {first} minus {second}.",
        "I count {many} with {first} and with {second} and subtract.",
        "Two counts are needed, for {first} and for {second}; I take the difference.",
        "The answer is the count for {first} less the count for {second}.",
    ),
    "average": (
        "First I see what the average {noun} in {table} is.",
        "I need the average of {column} to compare with.",
        "What is the average {column} of all {many}?",
        "The comparison is with the average, so I work out AVG({column}).",
    ),
    "beyond-average": (
        "Now I compare {column} of each row with that average.",
        "I select the {many} on the right side of the average {column}.",
        "With the average as a subquery I find the {many}.",
        "The average goes into a subquery on {table}.",
    ),
    "sample": (
        "I look at a few values of {column} to see how dates are written.",
        "How are the days in {column} written? I look at three.",
        "To group by month I first look at the form of {column}.",
        "I check the date format in {table}.{column}.",
    ),
    "by-month": (
        "The first seven characters of {column} are the month; I group by them for {year}.",
        "I keep the days of {year} and count for each month of {column}.",
        "The month is substr({column}, 1, 7), so I group by that.",
        "I count the {many} of {year} by the month of {column}.",
    ),
    "best-values": (
        "I look at the {word} of {column} for each {group}.",
        "First the {word} of {column} in each {group}.",
        "What is the {word} of {column} for every {group}?",
        "I group by {group} and take the {word} of {column}.",
    ),
    "best-rows": (
        "Now I find the {one} that has this value in each {group}.",
        "I select the rows whose {group} and {column} are among these pairs.",
        "These pairs tell which {one} to pick for each {group}.",
        "With the pairs as a subquery I get each {one}.",
    ),
    "group-averages": (
        "I look at the average {column} for each {group}.",
        "First the average of {column} in every {group}.",
        "What does {column} average for each {group}?",
        "I group {table} by {group} and average {column}.",
    ),
    "own-average": (
        "Now I compare each row with the average of its own {group}.",
        "A subquery gives the average {column} of the same {group} for each row.",
        "Each of the {many} is measured against its own {group}.",
        "I compare {column} with AVG({column}) over rows of equal {group}.",
    ),
    "having-average": (
        "HAVING keeps the groups whose average is above {bound}.",
        "I keep each {group} with AVG({column}) above {bound}.",
        "Now I add the limit of {bound} and round the averages.",
        "The groups above {bound} are selected with HAVING.",
    ),
    "how-many": (
        "I see how many rows of {table} have {where}.",
        "First I count the rows with {where}.",
        "How many rows of {table} does {where} leave?",
        "I check that {where} finds rows in {table}.",
    ),
    "second": (
        "I order these rows by {order} and skip the first.",
        "The second row by {order} is at OFFSET 1.",
        "Ordered by {order}, the row after the first is asked for.",
        "LIMIT 1 OFFSET 1 gives the second one by {column}.",
    ),
}
