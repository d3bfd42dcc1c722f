"""Domains of services to people: a school, a clinic, a hotel, a gym, a conference."""
# A column reads better as one paragraph of words than as one argument a line.
# fmt: off

from envs.db.domains.columns import Category, Date, Label, Note, Number, Ref
from envs.db.domains.schema import Domain, Link, Table
from envs.db.domains.words import CITIES, COUNTRIES, FIRST, LAST, PHONES

__all__ = ["CLINIC", "CONFERENCE", "GYM", "HOTEL", "SCHOOL"]

SCHOOL = Domain("school", (
    Table("courses", "course", (
        Label("title", (("Basic", "Applied", "Modern", "Advanced"),
                        ("Biology", "Algebra", "History", "Music", "Physics", "Drawing", "Economics", "Latin"))),
        Category("building", ("Main Building", "Annex", "Science Block", "Old School"), "take place in the {v}",
                 "in the {v}", ask="In which building is {x} taught?",
                 change="{x} has moved to the {v}. Update the building."),
        Number("hours", 10, 96, 2, "{v} hours", "take more than {v}", "take less than {v}", "are the longest",
               "are the shortest", noun="number of hours", total=True, ask="How many hours does {x} take?"),
        Number("fee", 0, 300, 10, "{v} euros", "cost more than {v}", "cost less than {v}", total=True,
               ask="What is the fee for {x}?", change="Set the fee for {x} to {v}."),
    ), weight=0.6, refer="{x}"),
    Table("students", "student", (
        Label("name", (FIRST, LAST)),
        Category("city", CITIES, "live in {v}", "from {v}", ask="Where does {x} live?",
                 change="{x} has moved to {v}. Please update the city."),
        Number("year", 1, 6, noun="school year", more="are in a year above {v}", less="are in a year below {v}",
               measure=False, ask="Which school year is {x} in?"),
        Date("born_on", 2006, 2014, "were born", "born", noun="birthday", ask="When was {x} born?"),
        Note("email", ("pupil####@school.example",), noun="e-mail address", null=0.3,
             missing="have no e-mail address", present="have an e-mail address"),
    ), person=True),
    Table("enrolments", "enrolment", (
        Ref("student_id", "students", "were made by {v}", "of {v}", "have", "are not enrolled in any course"),
        Ref("course_id", "courses", "are for {v}", "in {v}", "have", "have no students"),
        Number("score", 20, 100, 1, "{v} points", null=0.25, missing="have no score yet", present="have a score"),
        Date("started_on", 2023, 2024, "started", noun="start date", ask="When did {x} start?"),
    ), weight=2.2, refer="enrolment {x}"),
), (Link("students", "enrolments", "courses", "take {v}"),))

CLINIC = Domain("clinic", (
    Table("doctors", "doctor", (
        Label("name", (FIRST, LAST)),
        Category("field", ("cardiology", "dermatology", "neurology", "paediatrics"), "work in {v}", "in {v}",
                 ask="What field does {x} work in?", change="{x} now works in {v}. Update the field."),
        Date("hired_on", 2005, 2024, "were hired", "hired", noun="hiring date", ask="When was {x} hired?"),
    ), weight=0.5, person=True),
    Table("patients", "patient", (
        Label("name", (FIRST, LAST)),
        Category("city", CITIES, "live in {v}", "from {v}", ask="Where does {x} live?",
                 change="{x} has moved to {v}. Please change the record."),
        Date("born_on", 1940, 2015, "were born", "born", noun="date of birth", ask="When was {x} born?"),
        Number("weight", 14, 118, 1, "{v} kilos", "weigh more than {v}", "weigh less than {v}", "weigh the most",
               "weigh the least", ask="How much does {x} weigh?"),
        Note("phone", PHONES, null=0.3, missing="have no phone number", present="have a phone number"),
    ), person=True),
    Table("visits", "visit", (
        Ref("patient_id", "patients", "were made by {v}", "by {v}", "have made", "have never come for a visit"),
        Ref("doctor_id", "doctors", "were to {v}", "to {v}", "have had", "have not had a single visit"),
        Date("visited_on", 2023, 2024, "took place", noun="date", ask="When did {x} take place?"),
        Number("cost", 30, 620, 5, "{v} euros", "cost more than {v}", "cost less than {v}", "cost the most",
               "cost the least", total=True, ask="How much did {x} cost?"),
        Category("payment", {"paid": "paid", "open": "unpaid", "ins": "covered by the insurance"}, "are {v}",
                 change="{x} is now {v}. Record that."),
    ), weight=2.2, refer="visit {x}"),
), (Link("patients", "visits", "doctors", "have seen {v}"),))

HOTEL = Domain("hotel", (
    Table("rooms", "room", (
        Label("name", (("Lavender", "Amber", "Coral", "Ivory", "Jade", "Cedar", "Pearl"),
                       ("Suite", "Room", "Loft", "Studio", "Chamber"))),
        Number("floor", 1, 6, more="are above floor {v}", less="are below floor {v}", measure=False,
               ask="On which floor is {x}?"),
        Category("view", ("sea", "garden", "city", "courtyard"), "have a {v} view", "with a {v} view",
                 ask="What view does {x} have?"),
        Number("rate", 45, 380, 5, "{v} euros", "cost more than {v} a night", "cost less than {v} a night",
               "are the most expensive", "are the cheapest", noun="nightly rate",
               ask="How much is {x} a night?", change="{x} now costs {v} a night. Update the rate."),
    ), weight=0.6, refer="the {x}"),
    Table("guests", "guest", (
        Label("name", (FIRST, LAST)),
        Category("country", COUNTRIES, "come from {v}", "from {v}", ask="Which country is {x} from?",
                 change="{x} lives in {v} now. Correct the country."),
        Note("phone", PHONES, null=0.35, missing="have left no phone number", present="have left a phone number"),
    ), weight=0.8, person=True),
    Table("bookings", "booking", (
        Ref("room_id", "rooms", "are for {v}", "for {v}", "appear in", "have never been booked"),
        Ref("guest_id", "guests", "were made by {v}", "by {v}", "have made", "have never booked a room"),
        Date("arrives_on", 2023, 2024, "start", noun="arrival date", ask="When does {x} start?"),
        Number("nights", 1, 15, 1, "{v} nights", "are for more than {v}", "are for fewer than {v}", "are the longest",
               "are the shortest", noun="number of nights", total=True, ask="How many nights is {x} for?"),
        Category("state", {"conf": "confirmed", "wait": "waiting for confirmation", "canc": "cancelled"}, "are {v}",
                 change="{x} is now {v}. Update its state."),
    ), weight=2, refer="booking {x}"),
), (Link("guests", "bookings", "rooms", "have booked {v}"),))

GYM = Domain("gym", (
    Table("trainers", "trainer", (
        Label("name", (FIRST, LAST)),
        Category("speciality", ("yoga", "boxing", "swimming", "cycling", "climbing"), "teach {v}", "for {v}",
                 "specialities", ask="What does {x} teach?", change="{x} teaches {v} now. Update the speciality."),
        Number("hourly_pay", 18, 64, 1, "{v} euros", "earn more than {v} an hour", "earn less than {v} an hour",
               "earn the most", "earn the least", ask="How much does {x} earn an hour?"),
    ), weight=0.5, person=True),
    Table("members", "member", (
        Label("name", (FIRST, LAST)),
        Category("plan", {"STD": "standard", "PREM": "premium", "STU": "student"}, "are on the {v} plan",
                 "on the {v} plan", change="{x} has switched to the {v} plan. Update it."),
        Date("joined_on", 2019, 2024, "joined", noun="joining date", ask="When did {x} join?"),
        Number("visits", 2, 240, 1, "{v} visits", "have made more than {v}", "have made fewer than {v}",
               "have come most often", "have come least often", noun="number of visits", total=True,
               ask="How many visits has {x} made?"),
        Date("left_on", 2020, 2024, "left", after="joined_on", within=700, null=0.7, noun="leaving date",
             missing="are still with us", present="have left"),
    ), person=True),
    Table("sessions", "session", (
        Ref("member_id", "members", "were booked by {v}", "of {v}", "have booked", "have never booked a session"),
        Ref("trainer_id", "trainers", "were given by {v}", "with {v}", "have given", "have not given any session"),
        Date("held_on", 2023, 2024, "took place", noun="date", ask="When did {x} take place?"),
        Number("minutes", 20, 120, 5, "{v} minutes", "lasted more than {v}", "lasted less than {v}",
               "lasted the longest", "were the shortest", noun="duration", highest="longest", lowest="shortest",
               total=True, ask="How many minutes did {x} last?"),
    ), weight=2, refer="session {x}"),
), (Link("members", "sessions", "trainers", "have trained with {v}"),))

CONFERENCE = Domain("conference", (
    Table("speakers", "speaker", (
        Label("name", (FIRST, LAST)),
        Category("country", COUNTRIES, "come from {v}", "from {v}", ask="Which country is {x} from?"),
        Category("employer", ("Lumina", "Delft Labs", "Orbis", "Kestrel", "Northwind"), "work for {v}", "from {v}",
                 ask="Who does {x} work for?", change="{x} now works for {v}. Update the employer."),
        Note("hotel", ("Hotel Astoria", "City Inn", "The Harbour"), null=0.4, missing="have no hotel booked",
             present="have a hotel booked"),
    ), weight=0.8, person=True),
    Table("talks", "talk", (
        Label("title", (("Faster", "Safer", "Smaller", "Cheaper", "Better", "Greener"),
                        ("Robots", "Batteries", "Networks", "Chips", "Bridges", "Sensors", "Drones", "Cities"))),
        Ref("speaker_id", "speakers", "are given by {v}", "by {v}", "give", "do not give a talk"),
        Category("room", ("Curie", "Darwin", "Euler", "Noether"), "take place in the {v} room", "in the {v} room",
                 ask="In which room is {x}?", change="{x} has been moved to the {v} room. Update it."),
        Date("held_on", 2024, 2024, "take place", noun="date", ask="On which day is {x}?"),
        Number("minutes", 15, 95, 5, "{v} minutes", "last more than {v}", "last less than {v}", "are the longest",
               "are the shortest", noun="length", highest="longest", lowest="shortest", total=True,
               ask="How many minutes does {x} last?"),
    ), refer='"{x}"'),
    Table("reviews", "review", (
        Ref("talk_id", "talks", "are about {v}", "of {v}", "received", "have not been reviewed"),
        Number("stars", 1, 5, 1, "{v} stars", "give more than {v}", "give fewer than {v}", noun="number of stars",
               ask="How many stars does {x} give?"),
        Date("written_on", 2024, 2024, "were written", "written", noun="date"),
        Note("remark", ("great slides", "too fast", "good examples", "hard to hear"), null=0.5,
             missing="have no remark", present="have a remark"),
    ), weight=2, refer="review {x}"),
))
