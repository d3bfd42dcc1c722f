"""Domains of the `novel` split alone: stars, bees, theatre, wine, ships, charity, podcasts and mountain peaks."""
# A column reads better as one paragraph of words than as one argument a line.
# fmt: off

from envs.db.domains.columns import Category, Date, Label, Note, Number, Ref
from envs.db.domains.schema import Domain, Link, Table
from envs.db.domains.words import NEW_CITIES, NEW_COUNTRIES, NEW_FIRST, NEW_LAST

__all__ = ["APIARY", "CHARITY", "OBSERVATORY", "PEAKS", "PODCAST", "PORT", "THEATRE", "WINERY"]

_PERSON = (NEW_FIRST, NEW_LAST)

OBSERVATORY = Domain("observatory", (
    Table("telescopes", "telescope", (
        Label("name", (("Kepler", "Halley", "Tycho", "Herschel", "Cassini"), ("One", "Two", "Grand", "Wide"))),
        Category("dome", ("Ridge Dome", "Valley Dome", "Lake Dome"), "stand in the {v}", "in the {v}",
                 ask="In which dome is {x}?", change="{x} now stands in the {v}. Update the dome."),
        Number("mirror", 20, 420, 5, "{v} cm", "have a mirror larger than {v}", "have a mirror smaller than {v}",
               "have the largest mirror", "have the smallest mirror", noun="mirror size", highest="largest",
               lowest="smallest", ask="How many centimetres is the mirror of {x}?"),
    ), weight=0.5),
    Table("astronomers", "astronomer", (
        Label("name", _PERSON),
        Category("country", NEW_COUNTRIES, "come from {v}", "from {v}", ask="Where is {x} from?"),
        Note("badge", ("T-###", "V-###"), null=0.35, missing="have no badge", present="have a badge"),
    ), weight=0.8, person=True),
    Table("observations", "observation", (
        Ref("telescope_id", "telescopes", "were made with {v}", "made with {v}", "have made",
            "have never been pointed at the sky"),
        Ref("astronomer_id", "astronomers", "were made by {v}", "by {v}", "have made", "have never observed anything"),
        Category("target", ("Mars", "Saturn", "Vega", "Orion", "Titan"), "were of {v}", "of {v}"),
        Date("night", 2023, 2024, "were made", "made", ask="On which night was {x} made?"),
        Number("exposure", 10, 900, 10, "{v} seconds", "used an exposure above {v}", "used an exposure below {v}",
               "used the longest exposure", "used the shortest exposure", highest="longest", lowest="shortest",
               total=True, ask="How many seconds was the exposure of {x}?"),
    ), weight=2.2, refer="observation {x}"),
), (Link("astronomers", "observations", "telescopes", "have worked with {v}"),))

APIARY = Domain("apiary", (
    Table("beekeepers", "beekeeper", (
        Label("name", _PERSON),
        Category("valley", ("Ashdale", "Fernley", "Glenmoor", "Hollowby"), "keep bees in {v}", "from {v}",
                 ask="In which valley does {x} keep bees?", change="{x} has moved the bees to {v}. Update the valley."),
        Number("since", 1975, 2022, noun="first year", more="started after {v}", less="started before {v}",
               highest="latest", lowest="earliest", measure=False, ask="In which year did {x} start?"),
    ), weight=0.6, person=True),
    Table("hives", "hive", (
        Label("name", (("Clover", "Heather", "Linden", "Acacia", "Thyme"), ("Hill", "Gate", "Nook", "End", "Corner"))),
        Ref("beekeeper_id", "beekeepers", "belong to {v}", "of {v}", "own", "own no hive"),
        Category("material", ("pine", "straw", "cedar", "plastic"), "are made of {v}", "made of {v}",
                 ask="What is {x} made of?", change="{x} was rebuilt in {v}. Change the material."),
        Number("frames", 6, 40, noun="number of frames", more="have more than {v} frames", total=True,
               less="have fewer than {v} frames", ask="How many frames does {x} have?"),
        Date("inspected_on", 2023, 2024, "were inspected", "inspected", null=0.3, noun="inspection date",
             missing="have never been inspected", present="have been inspected"),
    ), refer="hive {x}"),
    Table("extractions", "extraction", (
        Ref("hive_id", "hives", "came from {v}", "from {v}", "have given", "have never given any honey"),
        Date("done_on", 2022, 2024, "took place", noun="date", ask="When did {x} take place?"),
        Number("kilos", 1, 45, 0.5, "{v} kilos", "gave more than {v}", "gave less than {v}", "gave the most honey",
               "gave the least honey", noun="amount in kilos", total=True, ask="How many kilos did {x} give?"),
    ), weight=2, refer="extraction {x}"),
))

THEATRE = Domain("theatre", (
    Table("plays", "play", (
        Label("title", (("Ashes and", "Rain and", "Dust and", "Salt and", "Fire and"),
                        ("Roses", "Iron", "Honey", "Silk", "Thorns", "Marble", "Wine"))),
        Category("genre", ("tragedy", "farce", "satire", "musical"), "are of the genre {v}", "of the genre {v}",
                 ask="What genre is {x}?", change="Announce {x} under the genre {v}."),
        Number("acts", 1, 6, noun="number of acts", more="have more than {v} acts", less="have fewer than {v} acts",
               total=True, ask="How many acts does {x} have?"),
        Number("premiered", 1880, 2020, noun="year of the premiere", more="premiered after {v}",
               less="premiered before {v}", highest="latest", lowest="earliest", measure=False,
               ask="In which year did {x} premiere?"),
    ), weight=0.8, refer='"{x}"'),
    Table("actors", "actor", (
        Label("name", _PERSON),
        Category("city", NEW_CITIES, "live in {v}", "from {v}", ask="Where does {x} live?",
                 change="{x} has moved to {v}. Correct the address book."),
        Number("fee", 80, 950, 10, "{v} euros", "charge more than {v} an evening", "charge less than {v} an evening",
               "charge the most", "charge the least", ask="How much does {x} charge an evening?"),
        Note("agency", ("Stagecraft", "Limelight", "Curtain Call"), null=0.4, missing="have no agency",
             present="have an agency"),
    ), person=True),
    Table("roles", "role", (
        Ref("play_id", "plays", "are in {v}", "in {v}", "contain", "have no role cast yet"),
        Ref("actor_id", "actors", "are played by {v}", "played by {v}", "play", "play no role at all"),
        Number("lines", 4, 480, noun="number of lines", more="have more than {v} lines", total=True,
               less="have fewer than {v} lines", ask="How many lines does {x} have?"),
        Category("voice", ("soprano", "alto", "tenor", "bass"), "need {v} voices", "for {v} voices"),
    ), weight=2, refer="role {x}"),
), (Link("actors", "roles", "plays", "appear in {v}"),))

WINERY = Domain("winery", (
    Table("growers", "grower", (
        Label("name", _PERSON),
        Category("region", ("Valmora", "Torvald", "Pinhal", "Serrano", "Kalden"), "are based in {v}", "from {v}",
                 ask="Which region is {x} based in?", change="{x} is based in {v} now. Update the region."),
        Number("hectares", 2, 90, 1, "{v} hectares", "farm more than {v}", "farm less than {v}", noun="area",
               highest="largest", lowest="smallest", total=True, ask="How many hectares does {x} farm?"),
        Note("licence", ("L-####", "M-####"), null=0.3, missing="have no licence", present="have a licence"),
    ), weight=0.7, person=True),
    Table("wines", "wine", (
        Label("name", (("Casa", "Monte", "Quinta", "Terra", "Vale"), ("Sombra", "Brava", "Lua", "Velha", "Nova",
              "Aurora"))),
        Ref("grower_id", "growers", "are made by {v}", "by {v}", "make", "do not make any wine"),
        Category("colour", {"R": "red", "W": "white", "P": "rosé"}, "are {v}"),
        Number("vintage", 1998, 2023, more="are younger than {v}", less="are older than {v}", highest="latest",
               lowest="earliest", measure=False, ask="Which vintage is {x}?"),
        Number("price", 4, 120, 0.5, "{v} euros", "cost more than {v}", "cost less than {v}", "are the most expensive",
               "are the cheapest", ask="How much does {x} cost?", change="{x} costs {v} now. Update the price."),
    ), refer="{x}"),
    Table("tastings", "tasting", (
        Ref("wine_id", "wines", "were of {v}", "of {v}", "have had", "have never been tasted"),
        Date("held_on", 2023, 2024, "took place", noun="date", ask="When did {x} take place?"),
        Number("points", 60, 100, 1, "{v} points", "gave more than {v}", "gave fewer than {v}", "gave the most points",
               "gave the fewest points", noun="score", ask="How many points did {x} give?"),
    ), weight=2, refer="tasting {x}"),
))

PORT = Domain("port", (
    Table("companies", "company", (
        Label("name", (("Aurora", "Baltic", "Meridian", "Pelican", "Tidal"), ("Lines", "Freight", "Maritime",
              "Cargo"))),
        Category("country", NEW_COUNTRIES, "are registered in {v}", "from {v}",
                 ask="In which country is {x} registered?"),
        Number("staff", 40, 2900, 10, "{v} people", "employ more than {v}", "employ fewer than {v}",
               noun="number of staff", total=True, ask="How many people does {x} employ?"),
    ), weight=0.5),
    Table("ships", "ship", (
        Label("name", (("Morning", "Ocean", "Bold", "Proud", "Swift", "Brave"), ("Star", "Spirit", "Venture", "Gull",
              "Wave", "Comet"))),
        Ref("company_id", "companies", "belong to {v}", "of {v}", "own", "own no ship"),
        Category("flag", ("Panama", "Malta", "Liberia", "Cyprus"), "sail under the flag of {v}",
                 "under the flag of {v}",
                 ask="Under which flag does the {x} sail?",
                 change="The {x} now sails under the flag of {v}. Update it."),
        Number("tonnage", 900, 88000, 100, "{v} tonnes", "can carry more than {v}", "can carry less than {v}",
               "can carry the most", "can carry the least", highest="largest", lowest="smallest", total=True,
               ask="How many tonnes can the {x} carry?"),
        Note("captain", ("Capt. Rask", "Capt. Oduya", "Capt. Lima"), null=0.3, missing="have no captain at the moment",
             present="have a captain"),
    ), refer="{x}"),
    Table("calls", "port call", (
        Ref("ship_id", "ships", "were made by {v}", "by {v}", "have made", "have never called at the port"),
        Category("quay", ("Quay A", "Quay B", "Quay C", "Long Quay"), "were at {v}", "at {v}",
                 change="{x} was at {v}. Correct the quay."),
        Date("arrived_on", 2024, 2024, "began", noun="arrival date", ask="When did {x} begin?"),
        Number("hours", 3, 110, 1, "{v} hours", "lasted more than {v}", "lasted less than {v}", "lasted the longest",
               "lasted the shortest", noun="number of hours", total=True, ask="How many hours did {x} last?"),
    ), weight=2, refer="port call {x}"),
))

CHARITY = Domain("charity", (
    Table("donors", "donor", (
        Label("name", _PERSON),
        Category("city", NEW_CITIES, "live in {v}", "from {v}", ask="Where does {x} live?",
                 change="{x} lives in {v} now. Change it in the list."),
        Date("first_gift", 2016, 2023, "first gave", noun="date of the first gift",
             ask="When did {x} first give?"),
        Note("letter", ("thank-you card", "annual report"), null=0.4, missing="have not been sent a letter",
             present="have been sent a letter"),
    ), person=True),
    Table("campaigns", "campaign", (
        Label("name", (("Clean", "Warm", "Safe", "Green", "Bright"), ("Rivers", "Homes", "Schools", "Parks",
              "Futures"))),
        Category("region", ("Highlands", "Coast", "Delta", "Plains"), "help people in the {v}", "in the {v}",
                 ask="Which region does {x} help?", change="{x} now helps people in the {v}. Update the region."),
        Number("goal", 5000, 400000, 5000, "{v} euros", "aim for more than {v}", "aim for less than {v}",
               "have the highest goal", "have the lowest goal", total=True,
               ask="What is the goal of {x}?"),
    ), weight=0.5),
    Table("donations", "donation", (
        Ref("donor_id", "donors", "were made by {v}", "by {v}", "have made", "have never made a donation"),
        Ref("campaign_id", "campaigns", "went to {v}", "to {v}", "have received", "have received no donation"),
        Number("amount", 5, 1500, 5, "{v} euros", "were for more than {v}", "were for less than {v}",
               highest="largest", lowest="smallest", total=True, ask="How much was {x}?"),
        Date("given_on", 2023, 2024, "were made", "made", noun="date", ask="When was {x} made?"),
        Category("method", {"card": "paid by card", "dd": "paid by direct debit", "cash": "paid in cash"}, "were {v}",
                 change="{x} was in fact {v}. Correct the method."),
    ), weight=2.2, refer="donation {x}"),
), (Link("donors", "donations", "campaigns", "have given to {v}"),))

PODCAST = Domain("podcast", (
    Table("hosts", "host", (
        Label("name", _PERSON),
        Category("city", NEW_CITIES, "record in {v}", "from {v}", ask="In which city does {x} record?",
                 change="{x} records in {v} from now on. Update the city."),
        Note("sponsor", ("Brewly", "Maplewood", "Tandem"), null=0.4, missing="have no sponsor",
             present="have a sponsor"),
    ), weight=0.6, person=True),
    Table("shows", "show", (
        Label("title", (("Deep", "Daily", "Hidden", "Curious", "Late"), ("Stories", "Minds", "Science", "Money",
              "Talks"))),
        Ref("host_id", "hosts", "are hosted by {v}", "hosted by {v}", "host", "do not host any show"),
        Category("subject", ("economics", "nature", "crime", "technology"), "deal with {v}", "about {v}",
                 ask="What does {x} deal with?", change="{x} deals with {v} these days. Update the subject."),
        Number("listeners", 300, 48000, 100, "{v} listeners", "have more than {v}", "have fewer than {v}",
               "have the most listeners", "have the fewest listeners", noun="number of listeners", total=True,
               ask="How many listeners does {x} have?"),
    ), weight=0.8, refer='"{x}"'),
    Table("episodes", "episode", (
        Ref("show_id", "shows", "are part of {v}", "of {v}", "have released", "have not released an episode"),
        Date("aired_on", 2023, 2024, "were aired", "aired", noun="air date", ask="When was {x} aired?"),
        Number("minutes", 12, 118, 1, "{v} minutes", "run for more than {v}", "run for less than {v}",
               "are the longest",
               "are the shortest", noun="length", highest="longest", lowest="shortest", total=True,
               ask="How many minutes does {x} run?"),
        Number("downloads", 50, 9900, 50, noun="number of downloads", more="were downloaded more than {v} times",
               less="were downloaded fewer than {v} times", most="were downloaded most often",
               least="were downloaded least often", total=True, ask="How many times was {x} downloaded?"),
    ), weight=2.2, refer="episode {x}"),
))

PEAKS = Domain("peaks", (
    Table("peaks", "peak", (
        Label("name", (("Raven", "Eagle", "Storm", "Frost", "Moon", "Wolf"), ("Horn", "Spire", "Ridge", "Tooth",
              "Crag"))),
        Category("range", ("Karsk", "Altan", "Merida", "Tarn"), "belong to the {v} range", "in the {v} range",
                 ask="Which range does {x} belong to?", change="{x} belongs to the {v} range. Correct the entry."),
        Number("height", 1400, 6900, 10, "{v} metres", "are higher than {v}", "are lower than {v}", "are the highest",
               "are the lowest", ask="How high is {x}, in metres?"),
    ), weight=0.7),
    Table("guides", "guide", (
        Label("name", _PERSON),
        Category("language", ("Spanish", "Swahili", "Korean", "Arabic"), "speak {v}",
                 ask="Which language does {x} speak?",
                 change="{x} speaks {v}. Correct the language."),
        Number("daily_fee", 60, 480, 10, "{v} euros", "charge more than {v} a day", "charge less than {v} a day",
               "charge the most", "charge the least", ask="How much does {x} charge a day?",
               change="{x} charges {v} a day from now on. Update it."),
        Note("radio", ("R-##",), null=0.35, missing="have no radio", present="have a radio"),
    ), person=True),
    Table("climbs", "climb", (
        Ref("peak_id", "peaks", "were of {v}", "of {v}", "have seen", "have never been climbed"),
        Ref("guide_id", "guides", "were led by {v}", "led by {v}", "have led", "have never led a climb"),
        Date("started_on", 2022, 2024, "started", noun="start date", ask="When did {x} start?"),
        Number("hikers", 2, 19, 1, "{v} hikers", "had more than {v}", "had fewer than {v}", "had the most hikers",
               "had the fewest hikers", noun="number of hikers", total=True, ask="How many hikers were in {x}?"),
        Category("outcome", {"top": "successful", "turn": "broken off", "resc": "ended by a rescue"}, "were {v}",
                 change="{x} was {v}. Correct the outcome."),
    ), weight=2, refer="climb {x}"),
), (Link("guides", "climbs", "peaks", "have been up {v}"),))
