"""Domains of work: a company, a help desk, airlines, a restaurant, a newspaper."""
# A column reads better as one paragraph of words than as one argument a line.
# fmt: off

from envs.db.domains.columns import Category, Date, Label, Note, Number, Ref
from envs.db.domains.schema import Domain, Link, Table
from envs.db.domains.words import CITIES, COUNTRIES, FIRST, LAST, PHONES

__all__ = ["AIRLINE", "COMPANY", "FACTORY", "RESTAURANT", "SUPPORT"]

COMPANY = Domain("company", (
    Table("departments", "department", (
        Label("name", (("Sales", "Finance", "Design", "Legal", "Logistics", "Research", "Support", "Marketing"),)),
        Category("city", CITIES, "are based in {v}", "in {v}", ask="In which city is the {x} department?",
                 change="The {x} department has moved to {v}. Update its city."),
        Number("budget", 40000, 950000, 5000, "{v} euros", "have a budget above {v}", "have a budget below {v}",
               total=True, ask="What is the budget of the {x} department?"),
    ), weight=0.4, refer="{x}"),
    Table("employees", "employee", (
        Label("name", (FIRST, LAST)),
        Ref("department_id", "departments", "work in {v}", "in {v}", "employ", "have no employees"),
        Number("salary", 24000, 98000, 500, "{v} euros", "earn more than {v}", "earn less than {v}", "earn the most",
               "earn the least", total=True, ask="How much does {x} earn?",
               change="{x} will earn {v} from now on. Update the salary."),
        Date("hired_on", 2008, 2024, "were hired", "hired", noun="hiring date", ask="When was {x} hired?"),
        Category("contract", {"FT": "full-time", "PT": "part-time", "TMP": "temporary"}, "have a {v} contract",
                 "with a {v} contract", change="{x} now has a {v} contract. Update the record."),
    ), weight=1.5, person=True),
    Table("expenses", "expense", (
        Ref("employee_id", "employees", "were claimed by {v}", "claimed by {v}", "have claimed",
            "have never claimed an expense"),
        Category("purpose", ("travel", "meals", "equipment", "training"), "are for {v}", "for {v}"),
        Number("amount", 8, 1400, 2, "{v} euros", "are above {v}", "are below {v}", total=True, highest="largest",
               lowest="smallest", ask="How much is {x}?"),
        Date("claimed_on", 2023, 2024, "were claimed", "claimed", noun="date of the claim",
             ask="When was {x} claimed?"),
        Date("paid_on", 2023, 2024, "were paid back", "paid back", after="claimed_on", null=0.3, noun="payment date",
             missing="have not been paid back yet", present="have been paid back"),
    ), weight=2.2, refer="expense {x}"),
))

SUPPORT = Domain("support", (
    Table("agents", "agent", (
        Label("name", (FIRST, LAST)),
        Category("team", ("network", "printer", "account", "hardware"), "work in the {v} team", "in the {v} team",
                 ask="Which team is {x} in?", change="{x} has joined the {v} team. Update the record."),
        Date("joined_on", 2016, 2024, "joined", noun="joining date", ask="When did {x} join?"),
    ), weight=0.5, person=True),
    Table("callers", "caller", (
        Label("name", (FIRST, LAST)),
        Category("office", CITIES[3:10], "work in {v}", "in {v}", ask="In which office does {x} work?",
                 change="{x} now works in the {v} office. Please update it."),
        Note("extension", ("4##", "7##"), null=0.3, missing="have no extension", present="have an extension"),
    ), weight=0.9, person=True),
    Table("tickets", "ticket", (
        Ref("agent_id", "agents", "are handled by {v}", "handled by {v}", "handle", "have no ticket to handle"),
        Ref("caller_id", "callers", "were opened by {v}", "opened by {v}", "have opened",
            "have never opened a ticket"),
        Category("priority", {"P1": "urgent", "P2": "important", "P3": "routine"}, "are {v}",
                 change="Make {x} {v}."),
        Date("opened_on", 2023, 2024, "were opened", "opened", noun="opening date", ask="When was {x} opened?"),
        Number("minutes", 5, 480, 5, "{v} minutes", "took more than {v}", "took less than {v}", "took the longest",
               "took the least time", noun="handling time", highest="longest", lowest="shortest", total=True,
               ask="How many minutes did {x} take?"),
        Date("closed_on", 2023, 2024, "were closed", "closed", after="opened_on", within=40, null=0.3,
             noun="closing date", missing="are still open", present="have been closed"),
    ), weight=2, refer="ticket {x}"),
), (Link("callers", "tickets", "agents", "have been helped by {v}"),))

AIRLINE = Domain("airline", (
    Table("airlines", "airline", (
        Label("name", (("Blue", "Polar", "Atlantic", "Silver", "Coastal", "Royal"), ("Air", "Wings", "Jet"))),
        Category("country", COUNTRIES, "are based in {v}", "from {v}", ask="Where is {x} based?"),
        Number("planes", 3, 140, noun="number of planes", more="own more than {v} planes", total=True,
               less="own fewer than {v} planes", most="own the most planes", least="own the fewest planes",
               ask="How many planes does {x} own?"),
    ), weight=0.5),
    Table("flights", "flight", (
        Label("code", (("BA", "PX", "QL", "SV", "CO"), ("101", "118", "204", "230", "315", "342", "409", "477", "560",
                                                     "588", "612", "655", "703", "791", "820", "866", "914", "950"))),
        Ref("airline_id", "airlines", "are operated by {v}", "operated by {v}", "operate", "do not operate any flight"),
        Category("destination", CITIES, "go to {v}", "to {v}", ask="Where does {x} go?",
                 change="{x} now goes to {v}. Update the destination."),
        Number("distance", 240, 3400, 10, "{v} km", "cover more than {v}", "cover less than {v}", "are the longest",
               "are the shortest", highest="longest", lowest="shortest", total=True, ask="How far is {x}, in km?"),
        Number("fare", 29, 460, 1, "{v} euros", "cost more than {v}", "cost less than {v}", "are the most expensive",
               "are the cheapest", ask="How much does {x} cost?", change="The fare of {x} is now {v}. Update it."),
    ), refer="flight {x}"),
    Table("departures", "departure", (
        Ref("flight_id", "flights", "were of {v}", "of {v}", "have had", "have never departed"),
        Date("left_on", 2024, 2024, "took place", noun="date", ask="When did {x} take place?"),
        Number("passengers", 20, 190, 1, "{v} passengers", "carried more than {v}", "carried fewer than {v}",
               "carried the most passengers", "carried the fewest passengers", noun="number of passengers",
               total=True, ask="How many passengers did {x} carry?"),
        Number("delay", 5, 180, 5, "{v} minutes", null=0.5, missing="had no delay", present="were delayed"),
    ), weight=2.2, refer="departure {x}"),
))

RESTAURANT = Domain("restaurant", (
    Table("chefs", "chef", (
        Label("name", (FIRST, LAST)),
        Category("country", COUNTRIES, "come from {v}", "from {v}", ask="Where does {x} come from?"),
        Date("hired_on", 2012, 2024, "were hired", "hired", noun="hiring date", ask="When was {x} hired?"),
        Note("phone", PHONES, null=0.35, missing="have no phone number", present="have a phone number"),
    ), weight=0.6, person=True),
    Table("dishes", "dish", (
        Label("name", (("Grilled", "Roasted", "Smoked", "Stuffed", "Spicy", "Baked"),
                       ("Trout", "Peppers", "Lamb", "Pumpkin", "Mushrooms", "Chicken", "Aubergine", "Pears"))),
        Ref("chef_id", "chefs", "are cooked by {v}", "by {v}", "cook", "do not cook any dish"),
        Category("menu", ("lunch", "dinner", "weekend", "tasting"), "are on the {v} menu", "on the {v} menu",
                 ask="Which menu is {x} on?", change="Move {x} to the {v} menu."),
        Number("price", 4, 42, 0.5, "{v} euros", "cost more than {v}", "cost less than {v}", "are the most expensive",
               "are the cheapest", ask="How much is {x}?", change="{x} now costs {v}. Update the menu."),
        Number("calories", 90, 1300, 5, "{v} calories", "have more than {v}", "have fewer than {v}",
               "have the most calories", "have the fewest calories", noun="number of calories", total=True,
               ask="How many calories does {x} have?"),
    ), refer="{x}"),
    Table("sales", "sale", (
        Ref("dish_id", "dishes", "were of {v}", "of {v}", "appear in", "have never been sold"),
        Date("sold_on", 2024, 2024, "were made", "made", noun="date", ask="When was {x} made?"),
        Number("portions", 1, 14, 1, "{v} portions", "were of more than {v}", "were of fewer than {v}",
               highest="largest", lowest="smallest", noun="number of portions", total=True,
               ask="How many portions were in {x}?"),
        Category("serving", {"in": "eaten in", "out": "taken away", "del": "delivered"}, "were {v}",
                 noun="way of serving", change="{x} was in fact {v}. Correct the entry."),
    ), weight=2.4, refer="sale {x}"),
))

FACTORY = Domain("factory", (
    Table("machines", "machine", (
        Label("name", (("Alpha", "Beta", "Gamma", "Delta", "Omega"), ("Press", "Lathe", "Drill", "Saw", "Mill"))),
        Category("hall", ("North", "South", "East", "West"), "stand in the {v} hall", "in the {v} hall",
                 ask="In which hall is {x}?", change="{x} has been moved to the {v} hall. Update it."),
        Number("power", 5, 120, 1, "{v} kW", "use more than {v}", "use less than {v}", "use the most power",
               "use the least power", noun="power", total=True, ask="How many kW does {x} use?"),
        Date("bought_on", 2005, 2024, "were bought", "bought", noun="purchase date", ask="When was {x} bought?"),
    ), weight=0.8, refer="the {x}"),
    Table("workers", "worker", (
        Label("name", (FIRST, LAST)),
        Category("shift", {"E": "early", "L": "late", "N": "night"}, "work the {v} shift", "on the {v} shift",
                 change="{x} now works the {v} shift. Update the shift."),
        Number("hourly_wage", 14, 46, 0.5, "{v} euros", "earn more than {v} an hour", "earn less than {v} an hour",
               "earn the most", "earn the least", ask="How much does {x} earn an hour?",
               change="{x} gets {v} an hour from now on. Update the wage."),
        Note("locker", ("A-##", "B-##"), null=0.3, missing="have no locker", present="have a locker"),
    ), person=True),
    Table("runs", "run", (
        Ref("machine_id", "machines", "were made on {v}", "on {v}", "have done", "have never been used"),
        Ref("worker_id", "workers", "were done by {v}", "by {v}", "have done", "have never done a run"),
        Date("done_on", 2024, 2024, "took place", noun="date", ask="When did {x} take place?"),
        Number("pieces", 40, 2400, 5, "{v} pieces", "produced more than {v}", "produced fewer than {v}",
               "produced the most", "produced the least", noun="number of pieces", total=True,
               ask="How many pieces did {x} produce?"),
    ), weight=2, refer="run {x}"),
), (Link("workers", "runs", "machines", "have worked on {v}"),))
