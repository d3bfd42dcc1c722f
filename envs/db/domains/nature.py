"""Domains of animals, land and sport: a zoo, a farm, a veterinary surgery, a football league."""
# A column reads better as one paragraph of words than as one argument a line.
# fmt: off

from envs.db.domains.columns import Category, Date, Label, Note, Number, Ref
from envs.db.domains.schema import Domain, Table
from envs.db.domains.words import CITIES, COUNTRIES, FIRST, LAST, PETS, PHONES

__all__ = ["FARM", "LEAGUE", "VET", "ZOO"]


ZOO = Domain("zoo", (
    Table("keepers", "keeper", (
        Label("name", (FIRST, LAST)),
        Category("area", ("savanna", "rain forest", "night house", "mountain park"), "work in the {v}", "from the {v}",
                 ask="Where in the zoo does {x} work?", change="{x} now works in the {v}. Please update that."),
        Date("hired_on", 2010, 2024, "were hired", "hired", noun="hiring date", ask="When was {x} hired?"),
        Note("radio", ("channel #",), noun="radio channel", null=0.4, missing="have no radio", present="have a radio"),
    ), weight=0.6, person=True),
    Table("animals", "animal", (
        Label("name", (PETS,)),
        Ref("keeper_id", "keepers", "are looked after by {v}", "looked after by {v}", "look after",
            "look after no animal"),
        Category("species", ("lion", "zebra", "tapir", "camel", "okapi", "bear"), "belong to the species {v}",
                 "of the species {v}", "species", ask="What species is {x}?"),
        Number("weight", 90, 390, 1, "{v} kilos", "weigh more than {v}", "weigh less than {v}", "are the heaviest",
               "are the lightest", ask="How much does {x} weigh?",
               change="{x} weighs {v} now. Update the weight."),
        Date("born_on", 2008, 2024, "were born", "born", noun="date of birth", ask="When was {x} born?"),
    )),
    Table("feedings", "feeding", (
        Ref("animal_id", "animals", "were for {v}", "for {v}", "have had", "have no feeding on record"),
        Category("time", ("morning", "afternoon", "evening"), "took place in the {v}", "in the {v}",
                 noun="time of day", change="{x} took place in the {v}. Correct the time."),
        Number("grams", 100, 6000, 50, "{v} grams", "were of more than {v}", "were of less than {v}",
               highest="largest", lowest="smallest", noun="amount in grams", total=True,
               ask="How many grams of food were given in {x}?"),
        Date("fed_on", 2024, 2024, "took place", noun="date", ask="When did {x} take place?"),
    ), weight=2, refer="feeding {x}"),
))

FARM = Domain("farm", (
    Table("farmers", "farmer", (
        Label("name", (FIRST, LAST)),
        Category("village", ("Oakham", "Brook", "Thornby", "Elmstead", "Redhill"), "live in {v}", "from {v}",
                 ask="In which village does {x} live?", change="{x} has moved to {v}. Update the village."),
        Note("phone", PHONES, null=0.3, missing="have no phone number", present="have a phone number"),
    ), weight=0.6, person=True),
    Table("fields", "field", (
        Label("name", (("Upper", "Lower", "Long", "Stony", "Church"), ("Acre", "Meadow", "Slope", "Bend", "Croft"))),
        Ref("farmer_id", "farmers", "belong to {v}", "of {v}", "own", "own no field"),
        Category("soil", ("clay", "sand", "loam", "chalk"), "have {v} soil", "with {v} soil", noun="kind of soil",
                 ask="What kind of soil does {x} have?",
                 change="Tests show that {x} has {v} soil. Correct the record."),
        Number("hectares", 1, 48, 0.5, "{v} hectares", "cover more than {v}", "cover less than {v}", "are the largest",
               "are the smallest", noun="area", highest="largest", lowest="smallest", total=True,
               ask="How many hectares does {x} cover?"),
    ), refer="{x}"),
    Table("harvests", "harvest", (
        Ref("field_id", "fields", "came from {v}", "from {v}", "have had", "have had no harvest yet"),
        Category("crop", ("wheat", "barley", "maize", "rapeseed", "potatoes"), "were of {v}", "of {v}"),
        Number("tonnes", 2, 160, 1, "{v} tonnes", "yielded more than {v}", "yielded less than {v}",
               "yielded the most", "yielded the least", noun="yield", total=True,
               ask="How many tonnes did {x} yield?"),
        Date("cut_on", 2021, 2024, "took place", noun="date", ask="When did {x} take place?"),
        Date("sold_on", 2021, 2024, "were sold", "sold", after="cut_on", null=0.35, noun="selling date",
             missing="have not been sold yet", present="have been sold"),
    ), weight=2, refer="harvest {x}"),
))

VET = Domain("vet", (
    Table("owners", "owner", (
        Label("name", (FIRST, LAST)),
        Category("city", CITIES, "live in {v}", "from {v}", ask="Where does {x} live?",
                 change="{x} has moved to {v}. Please update the city."),
        Note("phone", PHONES, null=0.3, missing="have no phone number", present="have a phone number"),
    ), weight=0.7, person=True),
    Table("dogs", "dog", (
        Label("name", (PETS,)),
        Ref("owner_id", "owners", "belong to {v}", "of {v}", "own", "own no dog"),
        Category("breed", ("beagle", "poodle", "collie", "husky", "spaniel"), "belong to the breed {v}",
                 "of the breed {v}", ask="What breed is {x}?", change="{x} is a {v}. Correct the breed."),
        Number("weight", 6, 38, 0.5, "{v} kilos", "weigh more than {v}", "weigh less than {v}", "are the heaviest",
               "are the lightest", ask="How much does {x} weigh?", change="{x} now weighs {v}. Update the weight."),
        Date("born_on", 2009, 2024, "were born", "born", noun="date of birth", ask="When was {x} born?"),
    )),
    Table("checkups", "check-up", (
        Ref("dog_id", "dogs", "were of {v}", "of {v}", "have had", "have never had a check-up"),
        Date("done_on", 2022, 2024, "took place", noun="date", ask="When did {x} take place?"),
        Number("fee", 20, 340, 5, "{v} euros", "cost more than {v}", "cost less than {v}", "were the most expensive",
               "were the cheapest", total=True, ask="How much did {x} cost?"),
        Category("result", {"H": "healthy", "S": "sick", "F": "uncertain"}, "ended with the result {v}",
                 "with the result {v}", change="The result of {x} was {v}. Correct it."),
    ), weight=2, refer="check-up {x}"),
))

LEAGUE = Domain("league", (
    Table("teams", "team", (
        Label("name", (CITIES, ("Rovers", "United", "Athletic"))),
        Category("league", ("Premier", "Second", "Regional"), "play in the {v} League", "in the {v} League",
                 ask="Which league does {x} play in?", change="{x} now plays in the {v} League. Update it."),
        Number("founded", 1890, 2010, noun="founding year", more="were founded after {v}",
               less="were founded before {v}", highest="latest", lowest="earliest", measure=False,
               ask="In which year was {x} founded?"),
        Number("seats", 1000, 60000, 250, "{v} seats", "have a stadium with more than {v}",
               "have a stadium with fewer than {v}", "have the largest stadium", "have the smallest stadium",
               noun="number of seats", total=True, ask="How many seats are there in the stadium of {x}?"),
    ), weight=0.5),
    Table("players", "player", (
        Label("name", (FIRST, LAST)),
        Ref("team_id", "teams", "play for {v}", "of {v}", "have", "have no players"),
        Category("position", {"GK": "goalkeeper", "DF": "defender", "MF": "midfielder", "FW": "forward"},
                 "play as {v}", change="{x} will play as {v} from now on. Update the position."),
        Category("country", COUNTRIES, "come from {v}", "from {v}", ask="Which country is {x} from?"),
        Number("goals", 0, 48, 1, "{v} goals", "have scored more than {v}", "have scored fewer than {v}",
               "have scored the most goals", "have scored the fewest goals", noun="number of goals", total=True,
               ask="How many goals has {x} scored?"),
        Number("salary", 20000, 900000, 5000, "{v} euros", "earn more than {v}", "earn less than {v}",
               "earn the most", "earn the least", total=True, ask="How much does {x} earn?",
               change="{x} will earn {v} from now on. Update the salary."),
    ), weight=1.5, person=True),
    Table("injuries", "injury", (
        Ref("player_id", "players", "were suffered by {v}", "of {v}", "have suffered", "have never been injured"),
        Category("part", ("knee", "ankle", "shoulder", "back"), "concern the {v}", "of the {v}",
                 noun="part of the body"),
        Date("hurt_on", 2022, 2024, "happened", noun="date", ask="When did {x} happen?"),
        Number("days", 3, 240, 1, "{v} days", "lasted more than {v}", "lasted less than {v}", "lasted the longest",
               "lasted the shortest", noun="number of days", total=True, ask="How many days did {x} last?"),
        Note("doctor", ("Dr Lund", "Dr Amaro", "Dr Petit"), null=0.35, missing="were not seen by a doctor",
             present="were seen by a doctor"),
    ), weight=1.5, refer="injury {x}"),
))
