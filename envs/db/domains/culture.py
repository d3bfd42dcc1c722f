"""Domains of culture: a library, a cinema, a record archive, a museum, a blog."""
# A column reads better as one paragraph of words than as one argument a line.
# fmt: off

from envs.db.domains.columns import Category, Date, Label, Note, Number, Ref
from envs.db.domains.schema import Domain, Table
from envs.db.domains.words import CITIES, COUNTRIES, FIRST, LAST

__all__ = ["BLOG", "CINEMA", "LIBRARY", "MUSEUM", "MUSIC"]

LIBRARY = Domain("library", (
    Table("authors", "author", (
        Label("name", (FIRST, LAST)),
        Category("country", COUNTRIES, "come from {v}", "from {v}", ask="Which country is {x} from?"),
        Number("born", 1900, 1990, noun="year of birth", more="were born after {v}", less="were born before {v}",
               most="are the youngest", least="are the oldest", highest="latest", lowest="earliest", measure=False,
               ask="In which year was {x} born?"),
    ), weight=0.6, person=True),
    Table("books", "book", (
        Label("title", (("The Silent", "A Golden", "The Last", "Beyond the", "Under the", "The Hidden", "Across the"),
                        ("River", "Garden", "Winter", "Harbour", "Mountain", "Orchard", "Bridge", "Island"))),
        Ref("author_id", "authors", "were written by {v}", "by {v}", "have written", "have no book in the library"),
        Category("genre", ("crime", "history", "poetry", "fantasy", "travel"), "belong to the genre {v}",
                 "of the genre {v}", change="{x} belongs to the genre {v}. Please correct that."),
        Number("pages", 80, 900, 2, "{v} pages", "have more than {v}", "have fewer than {v}", "are the longest",
               "are the shortest", noun="number of pages", total=True, ask="How many pages does {x} have?"),
        Number("copies", 1, 12, 1, "{v} copies", "come in more than {v}", "come in fewer than {v}", total=True,
               noun="number of copies", ask="How many copies of {x} are there?"),
    ), refer='"{x}"'),
    Table("loans", "loan", (
        Ref("book_id", "books", "were of {v}", "of {v}", "appear in", "have never been lent out"),
        Category("reader", ("pupil", "student", "teacher", "pensioner"), "went to readers of the group {v}",
                 "to readers of the group {v}", noun="reader group"),
        Date("lent_on", 2023, 2024, "were made", "made", noun="lending date", ask="When was {x} made?"),
        Date("returned_on", 2023, 2024, "were returned", "returned", after="lent_on", null=0.3, noun="return date",
             missing="have not been returned yet", present="have been returned"),
    ), weight=2, refer="loan {x}"),
))

CINEMA = Domain("cinema", (
    Table("films", "film", (
        Label("title", (("Midnight", "Paper", "Crimson", "Broken", "Electric", "Lonely", "Summer"),
                        ("Train", "Promise", "Detective", "Horizon", "Kingdom", "Dancer", "Witness", "Parade"))),
        Category("genre", ("drama", "comedy", "thriller", "animation", "western"), "belong to the genre {v}",
                 "of the genre {v}", ask="What genre is {x}?", change="List {x} under the genre {v} from now on."),
        Number("minutes", 74, 190, 1, "{v} minutes", "run for more than {v}", "run for less than {v}",
               "are the longest", "are the shortest", noun="running time", highest="longest", lowest="shortest",
               total=True, ask="How many minutes does {x} run?"),
        Number("year", 1960, 2024, noun="year of release", more="came out after {v}", less="came out before {v}",
               most="are the newest", least="are the oldest", highest="latest", lowest="earliest", measure=False,
               ask="In which year did {x} come out?"),
        Note("award", ("Golden Reel", "Critics Prize", "Best Debut"), null=0.6, missing="have won no award",
             present="have won an award"),
    ), refer='"{x}"'),
    Table("screenings", "screening", (
        Ref("film_id", "films", "show {v}", "of {v}", "have had", "have never been shown"),
        Category("hall", ("Blue Hall", "Red Hall", "Studio", "Grand Hall"), "are in the {v}", "in the {v}",
                 ask="In which hall is {x}?", change="{x} has been moved to the {v}. Update it."),
        Date("shown_on", 2024, 2024, "took place", noun="screening date", ask="When did {x} take place?"),
        Number("tickets", 3, 320, 1, "{v} tickets", "sold more than {v}", "sold fewer than {v}",
               "sold the most tickets", "sold the fewest tickets", noun="number of tickets sold", total=True,
               ask="How many tickets did {x} sell?"),
        Category("language", {"OV": "undubbed", "SUB": "subtitled", "DUB": "dubbed"}, "are {v}",
                 change="{x} will be {v}. Change the language entry."),
    ), weight=2.5, refer="screening {x}"),
))

MUSIC = Domain("music", (
    Table("artists", "artist", (
        Label("name", (("Velvet", "Neon", "Hollow", "Electric", "Northern", "Wild"),
                       ("Foxes", "Lanterns", "Echo", "Choir", "Meadow", "Pilots", "Engines"))),
        Category("country", COUNTRIES, "come from {v}", "from {v}", ask="Where does {x} come from?"),
        Number("founded", 1965, 2020, 1, "{v}", "were founded after {v}", "were founded before {v}",
               noun="founding year", highest="latest", lowest="earliest", measure=False,
               ask="In which year was {x} founded?"),
    ), weight=0.5, person=True),
    Table("albums", "album", (
        Label("title", (("First", "Slow", "Distant", "Open", "Burning", "Quiet"),
                        ("Light", "Thunder", "Water", "Letters", "Signals", "Doors", "Hours"))),
        Ref("artist_id", "artists", "were recorded by {v}", "by {v}", "have released", "have not released any album"),
        Category("style", ("rock", "jazz", "folk", "electronic"), "are filed under {v}", "filed under {v}",
                 ask="What style is {x}?", change="{x} should be filed under {v}. Please correct the style."),
        Number("price", 6, 38, 0.5, "{v} euros", "cost more than {v}", "cost less than {v}", "are the most expensive",
               "are the cheapest", ask="How much is {x}?", change="The price of {x} is now {v}. Update it."),
        Date("released_on", 1998, 2024, "were released", "released", noun="release date", ask="When was {x} released?"),
    ), refer='"{x}"'),
    Table("songs", "song", (
        Label("title", (("Dancing", "Waiting", "Running", "Falling", "Calling", "Dreaming", "Walking", "Singing"),
                        ("Home", "Alone", "Tonight", "Again", "Slowly", "Forever", "Outside", "Backwards"),
                        ("in June", "with You", "at Dawn", "and Away", "by the Sea"))),
        Ref("album_id", "albums", "are on {v}", "on {v}", "contain", "contain no songs"),
        Number("seconds", 95, 480, 1, "{v} seconds", "last more than {v}", "last less than {v}", "are the longest",
               "are the shortest", noun="length", highest="longest", lowest="shortest", total=True,
               ask="How many seconds does {x} last?"),
        Number("plays", 100, 90000, 10, noun="number of plays", more="have more than {v} plays", total=True,
               less="have fewer than {v} plays", ask="How many plays does {x} have?"),
    ), weight=2.2, refer='"{x}"'),
))

MUSEUM = Domain("museum", (
    Table("painters", "painter", (
        Label("name", (FIRST, LAST)),
        Category("country", COUNTRIES, "come from {v}", "from {v}", ask="Where does {x} come from?"),
        Number("born", 1600, 1950, noun="year of birth", more="were born after {v}", less="were born before {v}",
               highest="latest", lowest="earliest", measure=False, ask="In which year was {x} born?"),
    ), weight=0.6, person=True),
    Table("paintings", "painting", (
        Label("title", (("Woman with", "Still Life with", "Evening with", "Child and", "Study of", "View with"),
                        ("Lemons", "Horse", "Candle", "Roses", "Boats", "Mirror", "Violin", "Shells", "Snow"))),
        Ref("painter_id", "painters", "were painted by {v}", "by {v}", "painted", "have no painting in the museum"),
        Category("technique", {"oil": "oil", "wc": "watercolour", "past": "pastel", "ink": "ink"}, "were done in {v}",
                 "done in {v}", change="{x} was done in {v}. Correct the technique."),
        Category("room", ("East Room", "West Room", "Rotunda", "Gallery"), "hang in the {v}", "in the {v}",
                 ask="In which room does {x} hang?", change="{x} has been moved to the {v}. Update its room."),
        Number("value", 4000, 900000, 2000, "{v} euros", "are worth more than {v}", "are worth less than {v}",
               "are the most valuable", "are the least valuable", total=True,
               ask="How much is {x} worth?"),
    ), weight=1.4, refer='"{x}"'),
    Table("restorations", "restoration", (
        Ref("painting_id", "paintings", "were done on {v}", "of {v}", "have had", "have never been restored"),
        Date("started_on", 2019, 2024, "started", noun="start date", ask="When did {x} start?"),
        Number("cost", 200, 9000, 50, "{v} euros", "cost more than {v}", "cost less than {v}", "cost the most",
               "cost the least", total=True, ask="How much did {x} cost?"),
        Date("finished_on", 2019, 2024, "were finished", "finished", after="started_on", within=200, null=0.35,
             noun="finishing date", missing="are not finished yet", present="have been finished"),
    ), weight=1.4, refer="restoration {x}"),
))

BLOG = Domain("blog", (
    Table("writers", "writer", (
        Label("name", (FIRST, LAST)),
        Category("city", CITIES, "live in {v}", "from {v}", ask="Where does {x} live?",
                 change="{x} lives in {v} now. Please update the profile."),
        Date("joined_on", 2018, 2024, "joined", noun="joining date", ask="When did {x} join?"),
        Note("website", ("www.page####.example", "blog##.example"), null=0.4, missing="have no website",
             present="have a website"),
    ), weight=0.6, person=True),
    Table("posts", "post", (
        Label("title", (("Why I Love", "How to Choose", "A Guide to", "Ten Facts about", "The Truth about", "Learning"),
                        ("Bread", "Bicycles", "Chess", "Coffee", "Gardens", "Old Maps", "Tents", "Trains", "Soup"))),
        Ref("writer_id", "writers", "were written by {v}", "by {v}", "have written", "have never written a post"),
        Category("section", ("weekend", "opinion", "family", "archive"), "appeared in the {v} section",
                 "in the {v} section", ask="In which section did {x} appear?",
                 change="Move {x} to the {v} section."),
        Number("views", 20, 9000, 5, "{v} views", "have more than {v}", "have fewer than {v}", noun="number of views",
               total=True, ask="How many views does {x} have?"),
        Date("published_on", 2022, 2024, "were published", "published", noun="publication date",
             ask="When was {x} published?"),
    ), refer='"{x}"'),
    Table("comments", "comment", (
        Ref("post_id", "posts", "were left on {v}", "on {v}", "received", "have received no comments"),
        Category("state", {"ok": "approved", "wait": "waiting for approval", "spam": "marked as spam"}, "are {v}",
                 change="{x} should be {v}. Update its state."),
        Number("likes", 0, 260, noun="number of likes", more="got more than {v} likes", less="got fewer than {v} likes",
               total=True, ask="How many likes did {x} get?"),
        Date("written_on", 2023, 2024, "were written", "written", noun="date"),
    ), weight=2.2, refer="comment {x}"),
))
