"""What the shop's products are made of: families with the words and the ranges that a product is drawn from."""

from dataclasses import dataclass

__all__ = ["AXES", "BRANDS", "NOVEL_BRANDS", "NOVEL_FAMILIES", "SEEN_FAMILIES", "SERIES", "Family"]


@dataclass(frozen=True)
class Family:
    """A category of products that differ in a kind, a measure, some features and the options that a buyer chooses.

    Args:
        nouns: what such a product is called.
        kind, measure: an attribute's name and the values it takes.
        features: what may be said in favour of one.
        axes: names in `AXES`, what the buyer has to choose.
        low, high: range of prices in cents.
        picture: the drawing in `shop/pictures.html`.
    """

    department: str
    category: str
    nouns: tuple[str, ...]
    kind: tuple[str, tuple[str, ...]]
    measure: tuple[str, tuple[str, ...]]
    features: tuple[str, ...]
    axes: tuple[str, ...]
    low: int
    high: int
    picture: str


AXES = {
    "Colour": "Black White Grey Navy Red Olive Teal Sand Burgundy Mustard".split(),
    "Size": "XS S M L XL XXL".split(),
    "Shoe size": "36 37 38 39 40 41 42 43 44 45".split(),
    "Pack": ("Single", "Pack of 2", "Pack of 4", "Pack of 6"),
    "Cable length": ("1 m", "2 m", "3 m", "5 m"),
    "Scent": "Unscented Lavender Citrus Cedar Rose Coconut".split(),
    "Finish": "Oak Walnut Birch Ash Cherry".split(),
    "Pet size": ("Small", "Medium", "Large", "Giant"),
    "Nib": ("Extra fine", "Fine", "Medium", "Broad"),
    "Shade": "Ivory Peach Coral Plum Copper Cocoa".split(),
}
"""What a buyer chooses: the values, from the cheapest to the dearest where the axis has such an order."""

SERIES = """Aero Basis Cove Drift Echo Flint Grove Halo Inlet Juno Keel Lumen Mira Nova Orbit Pico Quill Ridge Solis
Terra Unda Vale Wisp Zeal""".split()
BRANDS = {
    "Kitchen": "Ambrook Castellane Dunmore Farrow Kestrel Tindall".split(),
    "Clothing": "Alder Brightwater Corvane Hollis Marrow Tamsin".split(),
    "Shoes": "Fenwalk Kolm Pacer Strada Wayford".split(),
    "Electronics": "Axiom Bytec Lunari Ohmen Sonata Voltry".split(),
    "Beauty": "Bellamy Derma9 Elowen Florin Purea".split(),
    "Grocery": "Barnfield Goldharvest Nutkin Orchardly Peppertree Saltmarsh".split(),
    "Home": "Casaverde Havenly Loomwell Nordik Tallow".split(),
    "Sports": "Apexa Fjell Ironwood Rovera Summitry".split(),
}
NOVEL_BRANDS = {
    "Garden": "Bramble Greenthumb Rootwell Sprigg Verdania".split(),
    "Pets": "Barkley Furrow Pawson Tailwag Whiskerton".split(),
    "Music": "Cadenza Fretwork Harmonix Resona Tonewood".split(),
    "Stationery": "Inkwell Papyra Quillon Scripta Vellum".split(),
    "Baby": "Cuddlekin Lullabee Nestling Tinytoes".split(),
}


def _split(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(","))


def _family(
    place: str, nouns: str, kind: str, measure: str, features: str, axes: str, prices: tuple[int, int], picture: str
) -> Family:
    department, category = place.split(" / ")
    (kind_name, kinds), (measure_name, measures) = (part.split(": ") for part in (kind, measure))
    return Family(
        department,
        category,
        _split(nouns),
        (kind_name, _split(kinds)),
        (measure_name, _split(measures)),
        _split(features),
        _split(axes) if axes else (),
        *prices,
        picture,
    )


SEEN_FAMILIES = (
    _family("Kitchen / Water bottles", "Water Bottle, Drinking Bottle, Flask",
            "Material: Stainless Steel, Glass, Tritan, Aluminium", "Capacity: 350 ml, 500 ml, 750 ml, 1 litre",
            "BPA free, leak proof, dishwasher safe, double wall, wide mouth, keeps cold 24 hours",
            "Colour", (900, 3900), "bottle"),
    _family("Kitchen / Frying pans", "Frying Pan, Skillet", "Material: Cast Iron, Steel, Ceramic, Granite",
            "Diameter: 20 cm, 24 cm, 28 cm, 32 cm",
            "non stick, oven safe, induction ready, dishwasher safe, PFOA free, stay cool handle", "",
            (1800, 8900), "pan"),
    _family("Kitchen / Storage jars", "Storage Jar, Food Container", "Material: Glass, Ceramic, Bamboo, Plastic",
            "Capacity: 0.5 litre, 1 litre, 1.5 litre, 2 litre",
            "airtight, BPA free, microwave safe, stackable, freezer safe", "Pack", (500, 1900), "jar"),
    _family("Kitchen / Coffee makers", "Coffee Maker, Coffee Press", "Type: Drip, French Press, Pour Over, Moka",
            "Capacity: 2 cups, 4 cups, 8 cups, 12 cups",
            "easy to clean, programmable, keeps warm, dishwasher safe, space saving", "Colour", (1900, 12900), "jar"),
    _family("Clothing / T-shirts", "T-Shirt, Tee", "Material: Cotton, Organic Cotton, Linen, Bamboo",
            "Fit: Slim Fit, Regular Fit, Relaxed Fit",
            "machine washable, short sleeve, crew neck, quick drying, tagless", "Size, Colour", (900, 3400), "shirt"),
    _family("Clothing / Hoodies", "Hoodie, Sweatshirt", "Material: Cotton, Fleece, Merino, Recycled Polyester",
            "Fit: Slim Fit, Regular Fit, Oversized",
            "machine washable, full zip, kangaroo pocket, drawstring hood, long sleeve", "Size, Colour",
            (2400, 7900), "shirt"),
    _family("Clothing / Rain jackets", "Rain Jacket, Raincoat", "Material: Nylon, Polyester, Waxed Cotton",
            "Length: Hip Length, Mid Length, Long", "waterproof, windproof, packable, taped seams, reflective trim",
            "Size, Colour", (3900, 15900), "shirt"),
    _family("Clothing / Socks", "Crew Socks, Ankle Socks", "Material: Merino, Cotton, Bamboo, Wool Blend",
            "Cushion: Light Cushion, Medium Cushion, Full Cushion",
            "moisture wicking, seamless toe, arch support, odour resistant, machine washable", "Size, Pack",
            (600, 1800), "sock"),
    _family("Shoes / Running shoes", "Running Shoes, Trainers", "Upper: Mesh, Knit, Leather",
            "Drop: 0 mm Drop, 4 mm Drop, 8 mm Drop, 12 mm Drop",
            "non slip, lightweight, rubber sole, arch support, breathable, reflective", "Shoe size, Colour",
            (4900, 16900), "shoe"),
    _family("Shoes / Sandals", "Sandals, Slides", "Upper: Leather, Cork, Canvas, Rubber",
            "Heel: Flat, 3 cm Heel, 5 cm Heel", "memory foam, ankle strap, rubber sole, open toe, water resistant",
            "Shoe size, Colour", (1900, 7900), "shoe"),
    _family("Electronics / USB cables", "USB Cable, Charging Cable",
            "Connector: USB-C to USB-C, USB-A to USB-C, USB-C to Lightning", "Power: 20 W, 60 W, 100 W, 240 W",
            "fast charging, braided nylon, gold plated, high speed, tangle free", "Cable length, Colour",
            (500, 2400), "cable"),
    _family("Electronics / Speakers", "Bluetooth Speaker, Portable Speaker", "Type: Mini, Party, Bookshelf, Outdoor",
            "Battery: 8 hours, 12 hours, 20 hours, 30 hours",
            "waterproof, stereo sound, hands free, deep bass, USB port", "Colour", (1900, 18900), "speaker"),
    _family("Electronics / Headphones", "Headphones, Headset", "Type: Over-Ear, On-Ear, In-Ear",
            "Battery: 15 hours, 25 hours, 40 hours, 60 hours",
            "noise cancelling, foldable, built in microphone, wireless, low latency", "Colour",
            (2400, 29900), "headphones"),
    _family("Electronics / Power banks", "Power Bank, Portable Charger", "Ports: 1-Port, 2-Port, 3-Port",
            "Capacity: 5000 mAh, 10000 mAh, 20000 mAh, 30000 mAh",
            "fast charging, wireless charging, LED display, pass through charging, compact", "Colour",
            (1500, 8900), "phone"),
    _family("Beauty / Shampoo", "Shampoo, Shampoo Bar", "Hair type: Dry Hair, Oily Hair, Curly Hair, Damaged Hair",
            "Volume: 100 ml, 250 ml, 400 ml", "sulfate free, paraben free, cruelty free, plant based, colour safe",
            "Scent", (500, 2400), "tube"),
    _family("Beauty / Face creams", "Face Cream, Moisturizer",
            "Skin type: Dry Skin, Oily Skin, Sensitive Skin, All Skin Types", "Volume: 30 ml, 50 ml, 75 ml",
            "fragrance free, cruelty free, hyaluronic acid, SPF 30, anti aging, dermatologist tested", "",
            (900, 5900), "tube"),
    _family("Beauty / Lipsticks", "Lipstick, Lip Balm", "Look: Matte, Glossy, Satin", "Weight: 3 g, 4 g, 6 g",
            "long lasting, cruelty free, vegan, moisturizing, paraben free", "Shade", (600, 2900), "tube"),
    _family("Grocery / Granola bars", "Granola Bars, Protein Bars",
            "Flavour: Peanut Butter, Dark Chocolate, Apple Cinnamon, Coconut, Blueberry",
            "Count: 6 bars, 12 bars, 18 bars, 24 bars",
            "gluten free, high protein, low sugar, dairy free, nut free, non-GMO", "Pack", (500, 2200), "box"),
    _family("Grocery / Coffee beans", "Coffee Beans, Ground Coffee",
            "Roast: Light Roast, Medium Roast, Dark Roast, Decaf", "Weight: 250 g, 500 g, 1 kg",
            "fair trade, USDA organic, single origin, low acid, resealable bag", "Pack", (700, 3400), "bag"),
    _family("Grocery / Tea", "Tea Bags, Loose Tea", "Flavour: Earl Grey, Green, Peppermint, Chamomile, Rooibos",
            "Count: 20 servings, 50 servings, 100 servings",
            "caffeine free, USDA organic, fair trade, plastic free, kosher", "", (400, 2400), "box"),
    _family("Grocery / Trail mix", "Trail Mix, Mixed Nuts", "Flavour: Tropical, Berry, Spicy, Salted, Chocolate",
            "Weight: 150 g, 300 g, 600 g, 1 kg",
            "gluten free, no added sugar, keto friendly, resealable bag, non-GMO", "Pack", (500, 2600), "bag"),
    _family("Home / Desk lamps", "Desk Lamp, Table Lamp", "Style: Industrial, Minimalist, Vintage, Architect",
            "Brightness: 400 lumens, 600 lumens, 800 lumens, 1200 lumens",
            "dimmable, touch control, energy efficient, USB port, adjustable arm, eye caring", "Colour",
            (1900, 9900), "lamp"),
    _family("Home / Throw blankets", "Throw Blanket, Plaid", "Material: Wool, Cotton, Fleece, Cashmere Blend",
            "Dimensions: 100 x 150 cm, 130 x 170 cm, 150 x 200 cm",
            "machine washable, super soft, reversible, hypoallergenic, fringed", "Colour", (1900, 11900), "cloth"),
    _family("Home / Rugs", "Area Rug, Runner Rug", "Style: Geometric, Persian, Shaggy, Striped",
            "Dimensions: 60 x 110 cm, 120 x 180 cm, 160 x 230 cm, 200 x 290 cm",
            "non slip, stain resistant, easy to clean, handwoven, low pile", "Colour", (2900, 24900), "cloth"),
    _family("Home / Coffee tables", "Coffee Table, Side Table", "Style: Rustic, Scandinavian, Mid-Century, Modern",
            "Diameter: 45 cm, 60 cm, 80 cm, 100 cm",
            "easy assembly, solid wood, metal legs, storage shelf, scratch resistant", "Finish",
            (5900, 29900), "table"),
    _family("Sports / Yoga mats", "Yoga Mat, Exercise Mat", "Material: Natural Rubber, Cork, PVC, TPE",
            "Thickness: 3 mm, 5 mm, 8 mm, 12 mm",
            "non slip, eco friendly, extra long, carry strap, easy to clean", "Colour", (1900, 8900), "mat"),
    _family("Sports / Dumbbells", "Dumbbells, Hand Weights", "Coating: Neoprene, Vinyl, Cast Iron, Chrome",
            "Weight: 1 kg, 2 kg, 4 kg, 6 kg, 10 kg",
            "anti roll, non slip grip, colour coded, compact, set of two", "", (900, 8900), "weight"),
    _family("Sports / Backpacks", "Backpack, Daypack", "Material: Nylon, Canvas, Recycled Polyester",
            "Volume: 15 litre, 20 litre, 28 litre, 40 litre",
            "water resistant, laptop sleeve, rain cover, padded straps, chest strap, lightweight", "Colour",
            (2900, 14900), "bag"),
)  # fmt: skip

NOVEL_FAMILIES = (
    _family("Garden / Watering cans", "Watering Can, Plant Sprayer", "Material: Copper, Zinc, Recycled Plastic",
            "Capacity: 1 litre, 3 litre, 5 litre, 10 litre",
            "long spout, rust proof, drip free, lightweight, frost resistant", "", (900, 5900), "jar"),
    _family("Garden / Plant pots", "Plant Pot, Planter", "Material: Terracotta, Fibre Clay, Bamboo, Ceramic",
            "Diameter: 12 cm, 18 cm, 25 cm, 40 cm",
            "drainage hole, saucer included, frost resistant, self watering, UV resistant", "Finish, Pack",
            (600, 6900), "jar"),
    _family("Garden / Garden gloves", "Garden Gloves, Thorn Gloves", "Material: Leather, Nitrile, Bamboo Fibre",
            "Cuff: Short Cuff, Elbow Length", "thorn proof, touchscreen tips, breathable, machine washable, latex free",
            "Size", (700, 3400), "sock"),
    _family("Pets / Dog beds", "Dog Bed, Dog Cushion", "Filling: Memory Foam, Down Alternative, Egg Crate Foam",
            "Shape: Round, Rectangular, Donut",
            "washable cover, chew resistant, orthopedic, anti slip base, waterproof liner", "Pet size, Colour",
            (2900, 12900), "cloth"),
    _family("Pets / Dog treats", "Dog Treats, Training Treats", "Flavour: Salmon, Duck, Beef Liver, Sweet Potato",
            "Weight: 100 g, 250 g, 500 g", "grain free, single ingredient, low fat, puppy safe, dental care", "Pack",
            (400, 2400), "bag"),
    _family("Pets / Cat scratchers", "Cat Scratcher, Scratching Post", "Material: Sisal, Cardboard, Carpet",
            "Height: 30 cm, 60 cm, 90 cm, 120 cm", "catnip included, sturdy base, replaceable pad, hanging toy", "",
            (1200, 9900), "lamp"),
    _family("Music / Guitar strings", "Guitar Strings, Bass Strings", "Material: Phosphor Bronze, Nickel, Nylon",
            "Gauge: Extra Light, Light, Medium, Heavy", "coated, corrosion resistant, warm tone, bright tone", "Pack",
            (500, 3900), "cable"),
    _family("Music / Ukuleles", "Ukulele, Ukulele Kit", "Wood: Mahogany, Koa, Spruce, Bamboo",
            "Scale: Soprano, Concert, Tenor, Baritone", "gig bag included, geared tuners, aquila strings, left handed",
            "Finish", (3900, 24900), "guitar"),
    _family("Music / Microphones", "Microphone, Vocal Microphone", "Type: Condenser, Dynamic, Ribbon",
            "Pattern: Cardioid, Omnidirectional, Figure-8",
            "shock mount, USB connection, pop filter, phantom power, zero latency", "Colour", (2900, 29900), "lamp"),
    _family("Stationery / Fountain pens", "Fountain Pen, Calligraphy Pen", "Body: Resin, Brass, Aluminium, Ebonite",
            "Filling: Cartridge, Piston, Converter", "refillable, gift box, clip cap, left handed grip, airtight cap",
            "Nib, Colour", (1200, 18900), "pen"),
    _family("Stationery / Notebooks", "Notebook, Journal", "Ruling: Dotted, Lined, Blank, Squared",
            "Format: A6, A5, B5, A4", "acid free paper, lay flat, elastic band, numbered pages, recycled paper",
            "Colour, Pack", (500, 2900), "box"),
    _family("Baby / Baby blankets", "Baby Blanket, Swaddle", "Material: Muslin, Organic Cotton, Bamboo",
            "Dimensions: 70 x 70 cm, 100 x 100 cm, 120 x 120 cm",
            "machine washable, breathable, OEKO-TEX certified, extra soft, double layer", "Colour",
            (1200, 4900), "cloth"),
    _family("Baby / Wooden toys", "Wooden Stacker, Wooden Puzzle", "Theme: Animals, Vehicles, Numbers, Rainbow",
            "Age: 6 months, 12 months, 24 months, 36 months",
            "non toxic paint, rounded edges, montessori, storage bag, solid wood", "", (900, 4900), "box"),
)  # fmt: skip
