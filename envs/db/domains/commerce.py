"""Domains of trade: a shop, a warehouse, a bank, a car rental, an estate agency."""
# A column reads better as one paragraph of words than as one argument a line.
# fmt: off

from envs.db.domains.columns import Category, Date, Label, Note, Number, Ref
from envs.db.domains.schema import Domain, Link, Table
from envs.db.domains.words import CITIES, FIRST, LAST, PHONES

__all__ = ["BANK", "ESTATE", "RENTAL", "SHOP", "WAREHOUSE"]

SHOP = Domain("shop", (
    Table("customers", "customer", (
        Label("name", (FIRST, LAST)),
        Category("city", CITIES, "live in {v}", "from {v}", ask="Where does {x} live?",
                 change="{x} has moved to {v}. Please update the city."),
        Date("joined_on", 2021, 2024, "joined", noun="joining date", ask="When did {x} join?"),
        Note("phone", PHONES, null=0.3, missing="have no phone number", present="have a phone number"),
    ), person=True),
    Table("products", "product", (
        Label("name", (("Oak", "Steel", "Glass", "Linen", "Copper", "Bamboo", "Marble"),
                       ("Lamp", "Chair", "Vase", "Tray", "Shelf", "Mirror", "Stool", "Clock", "Bowl"))),
        Category("collection", ("spring", "classic", "nordic", "studio", "garden"), "belong to the {v} collection",
                 "in the {v} collection", ask="Which collection does {x} belong to?"),
        Number("price", 5, 240, 0.5, "{v} euros", more="cost more than {v}", less="cost less than {v}",
               most="are the most expensive", least="are the cheapest", ask="How much does {x} cost?",
               change="{x} now costs {v}. Update its price."),
        Number("stock", 2, 140, 1, "{v} pieces", "have more than {v} in stock", "have fewer than {v} in stock",
               highest="largest", lowest="smallest", total=True, ask="How many pieces of {x} are in stock?"),
    ), refer="the {x}"),
    Table("orders", "order", (
        Ref("customer_id", "customers", "were placed by {v}", "placed by {v}", "have placed",
            "have never placed an order"),
        Ref("product_id", "products", "are for {v}", "for {v}", "appear in", "have never been ordered"),
        Number("quantity", 1, 12, more="are for more than {v} pieces", less="are for fewer than {v} pieces", total=True,
               highest="largest", lowest="smallest", unit="{v}"),
        Date("placed_on", 2022, 2024, "were placed", "placed", noun="order date", ask="When was {x} placed?"),
        Category("status", {"pending": "waiting to be sent", "transit": "on the way", "delivered": "delivered",
                            "cancelled": "cancelled"}, "are {v}",
                 change="{x} is now {v}. Update its status."),
    ), weight=2.5, refer="order {x}"),
), (Link("customers", "orders", "products", "have ordered {v}"),))

WAREHOUSE = Domain("warehouse", (
    Table("depots", "depot", (
        Label("name", (("North", "South", "East", "West", "Harbour", "Station"), ("Depot", "Yard", "Hub", "Store"))),
        Category("city", CITIES, "are in {v}", "in {v}", ask="In which city is {x}?"),
        Number("capacity", 200, 4000, 50, "{v} pallets", more="can hold more than {v}", less="can hold less than {v}",
               highest="largest", lowest="smallest", total=True, ask="How many pallets can {x} hold?"),
    ), weight=0.7, refer="{x}"),
    Table("parts", "part", (
        Label("name", (("Brass", "Steel", "Rubber", "Nylon", "Zinc", "Ceramic"),
                       ("Valve", "Bolt", "Hinge", "Gasket", "Bearing", "Pulley", "Spring", "Bracket", "Washer"))),
        Ref("depot_id", "depots", "are kept at {v}", "kept at {v}", "hold", "hold no parts at all"),
        Category("supplier", ("Norvik", "Almeda", "Trencor", "Halden", "Bexley"), "are supplied by {v}", "from {v}",
                 ask="Who supplies {x}?", change="{x} is now supplied by {v}. Change the supplier."),
        Number("stock", 3, 900, 1, "{v} pieces", "have a stock of more than {v}", "have a stock of less than {v}",
               highest="largest", lowest="smallest", total=True, ask="How many pieces of {x} do we have?"),
        Number("unit_price", 0.2, 48, 0.1, "{v} euros", more="cost more than {v}", less="cost less than {v}",
               most="are the most expensive", least="are the cheapest", ask="What does one {x} cost?"),
    ), weight=1.5, refer="the {x}"),
    Table("deliveries", "delivery", (
        Ref("part_id", "parts", "contain {v}", "of {v}", "appear in", "have never been delivered"),
        Number("quantity", 10, 500, 5, "{v} pieces", more="contain more than {v}", less="contain fewer than {v}",
               highest="largest", lowest="smallest", total=True),
        Date("arrived_on", 2023, 2024, "arrived", noun="arrival date", ask="When did {x} arrive?"),
        Note("damage", ("box torn", "wet packaging", "two broken", "label missing"), null=0.7, noun="damage note",
             missing="have no damage note", present="have a damage note"),
    ), weight=2, refer="delivery {x}"),
))

BANK = Domain("bank", (
    Table("clients", "client", (
        Label("name", (FIRST, LAST)),
        Category("city", CITIES, "live in {v}", "from {v}", ask="Where does {x} live?",
                 change="{x} has moved to {v}. Change the city in the file."),
        Number("income", 18000, 140000, 500, "{v} euros", more="earn more than {v}", less="earn less than {v}",
               most="earn the most", least="earn the least", ask="How much does {x} earn?"),
        Note("email", ("user####@mail.example", "office###@post.example"), noun="e-mail address", null=0.35,
             missing="have no e-mail address", present="have an e-mail address"),
    ), person=True),
    Table("accounts", "account", (
        Ref("client_id", "clients", "belong to {v}", "of {v}", "have", "have no account"),
        Category("kind", ("savings", "current", "joint", "student"), "are {v} accounts", "of the {v} kind",
                 change="Turn {x} into a {v} account."),
        Number("balance", 10, 60000, 5, "{v} euros", more="hold more than {v}", less="hold less than {v}",
               total=True, ask="How much money is in {x}?"),
        Date("opened_on", 2015, 2024, "were opened", "opened", noun="opening date", ask="When was {x} opened?"),
    ), weight=1.5, refer="account {x}"),
    Table("transfers", "transfer", (
        Ref("account_id", "accounts", "were made from {v}", "from {v}", "made", "have never made a transfer"),
        Number("amount", 5, 3000, 5, "{v} euros", "were for more than {v}", "were for less than {v}", total=True,
               highest="largest", lowest="smallest", ask="How much was {x} for?"),
        Date("made_on", 2023, 2024, "were made", "made", noun="date", ask="When was {x} made?"),
        Category("state", {"done": "completed", "held": "on hold", "failed": "rejected"}, "are {v}",
                 change="{x} is now {v}. Update its state."),
    ), weight=3, refer="transfer {x}"),
))

RENTAL = Domain("rental", (
    Table("cars", "car", (
        Label("plate", (("AK", "BD", "CF", "DR", "EL", "FN", "GT", "HM"),
                        ("204", "317", "468", "529", "635", "742", "853", "961"), ("X", "Y", "Z")), sep="-"),
        Category("make", ("Fiat", "Volvo", "Skoda", "Toyota", "Renault", "Seat"), "are made by {v}", "made by {v}",
                 ask="Which make is {x}?"),
        Category("fuel", ("petrol", "diesel", "electric", "hybrid"), "run on {v} power", "with {v} power"),
        Number("daily_rate", 25, 180, 1, "{v} euros", "cost more than {v} a day", "cost less than {v} a day",
               "are the most expensive to rent", "are the cheapest to rent", ask="What does {x} cost a day?"),
        Number("mileage", 500, 99000, 250, "{v} km", "have done more than {v}", "have done less than {v}",
               most="have done the most km", least="have done the fewest km", ask="How many km has {x} done?"),
    ), refer="car {x}"),
    Table("drivers", "driver", (
        Label("name", (FIRST, LAST)),
        Category("city", CITIES, "live in {v}", "from {v}", ask="Where does {x} live?",
                 change="{x} has moved to {v}. Please correct the city."),
        Number("born", 1950, 2003, 1, noun="year of birth", more="were born after {v}", less="were born before {v}",
               most="are the youngest", least="are the oldest", highest="latest", lowest="earliest", measure=False,
               ask="In which year was {x} born?"),
    ), person=True),
    Table("rentals", "rental", (
        Ref("car_id", "cars", "were for {v}", "of {v}", "appear in", "have never been rented out"),
        Ref("driver_id", "drivers", "were made by {v}", "made by {v}", "have made", "have never rented a car"),
        Date("started_on", 2023, 2024, "started", noun="start date", ask="When did {x} start?"),
        Number("days", 1, 21, 1, "{v} days", noun="number of days", more="lasted more than {v}",
               less="lasted less than {v}", most="lasted the longest", least="were the shortest", total=True),
        Date("returned_on", 2023, 2024, "were returned", "returned", after="started_on", within=25, null=0.3,
             noun="return date", missing="have not been returned yet", present="have been returned"),
    ), weight=2.5, refer="rental {x}"),
), (Link("drivers", "rentals", "cars", "have rented {v}"),))

ESTATE = Domain("estate", (
    Table("agents", "agent", (
        Label("name", (FIRST, LAST)),
        Category("office", CITIES[:7], "work at the {v} office", "at the {v} office",
                 ask="At which office does {x} work?",
                 change="{x} now works at the {v} office. Please change it."),
        Note("phone", PHONES, null=0.3, missing="have no phone number", present="have a phone number"),
    ), weight=0.7, person=True),
    Table("houses", "house", (
        Label("address", (("2", "5", "8", "11", "14", "17", "23", "36"),
                          ("Mill Lane", "High Street", "Park Road", "Hill View", "Chapel Row", "River Walk"))),
        Ref("agent_id", "agents", "are sold by {v}", "sold by {v}", "sell", "have no house to sell"),
        Category("district", ("Old Town", "Riverside", "Northgate", "Lakeside", "Westend"), "are in {v}", "in {v}",
                 ask="In which district is {x}?"),
        Number("price", 90000, 980000, 5000, "{v} euros", more="cost more than {v}", less="cost less than {v}",
               most="are the most expensive", least="are the cheapest", ask="How much does {x} cost?",
               change="The price of {x} is now {v}. Update it."),
        Number("bedrooms", 1, 7, noun="number of bedrooms", more="have more than {v} bedrooms",
               less="have fewer than {v} bedrooms", total=True, ask="How many bedrooms does {x} have?"),
    ), weight=1.5, refer="{x}"),
    Table("viewings", "viewing", (
        Ref("house_id", "houses", "were at {v}", "at {v}", "have had", "have never been viewed"),
        Date("viewed_on", 2024, 2024, "took place", noun="viewing date"),
        Number("visitors", 1, 9, noun="number of visitors", more="had more than {v} visitors", total=True,
               less="had fewer than {v} visitors"),
        Number("offer", 80000, 950000, 5000, "{v} euros", null=0.5, missing="led to no offer",
               present="led to an offer",
               more="led to an offer above {v}", less="led to an offer below {v}"),
    ), weight=2, refer="viewing {x}"),
))
