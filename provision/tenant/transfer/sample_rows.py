"""A sample workspace: a small design studio, with dates around today.

Only the facts; `sample` writes them. Days count from today: for an open task until it is
due, for a finished one since it was done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class SampleProject(NamedTuple):
    name: str
    description: str
    budget: int
    spent: int
    status: str
    priority: str
    due_in_days: int | None


class SampleMember(NamedTuple):
    name: str
    email: str
    role: str
    workload: int
    status: str


class SampleTask(NamedTuple):
    """`assignee` is a first name of MEMBERS."""

    title: str
    status: str
    priority: str
    assignee: str
    days: int


WORKSPACE_NAME: Final = "Halden Studio"

PROJECTS: Final = (
    SampleProject(
        "Website",
        "Booking site for Fjordlight Hotels: four hotels, three languages, one booking path. "
        "Replaces the 2019 site before the winter season.\n\n"
        "Out of scope: loyalty cards, the restaurant's own tables.",
        24_000, 27_360, "active", "high", 25,
    ),
    SampleProject(
        "Annual report",
        "Sixty-four pages for the Nordlys Foundation, printed and as an accessible PDF. "
        "The auditor's letter goes in last.",
        14_500, 9_860, "active", "high", 11,
    ),
    SampleProject(
        "Rebrand",
        "New name, wordmark and head badge for Lark Cycles, from the frame decal to the shop sign.",
        32_000, 12_480, "active", "medium", 67,
    ),
    SampleProject(
        "Wayfinding",
        "Signs for the city library, levels 0 to 3. Everything readable from a wheelchair.",
        18_200, 16_930, "active", "medium", 18,
    ),
    SampleProject(
        "Spring campaign",
        "Three placements for Fjordlight Hotels, photographed in the last week of snow.",
        21_000, 1_150, "planning", "medium", 95,
    ),
    SampleProject(
        "Newsletter",
        "Four issues a year. Waits for the new mailing provider.",
        6_000, 2_310, "on_hold", "low", None,
    ),
)  # fmt: skip

MEMBERS: Final = (
    SampleMember("Ana Lindqvist", "ana@halden.example", "Design lead", 115, "busy"),
    SampleMember("Tomás Rey", "tomas@halden.example", "Developer", 90, "available"),
    SampleMember("Mirela Popa", "mirela@halden.example", "Project manager", 80, "available"),
    SampleMember("Jonas Weber", "jonas@halden.example", "Developer", 75, "available"),
    SampleMember("Priya Nair", "priya@halden.example", "Copy and content", 60, "available"),
    SampleMember("Oskar Dahl", "oskar@halden.example", "Photo and print", 40, "away"),
)

TASKS: Final[Mapping[str, tuple[SampleTask, ...]]] = {
    "Website": (
        SampleTask("Budget call with Fjordlight", "todo", "high", "Mirela", 0),
        SampleTask("Cookie notice in three languages", "todo", "low", "Jonas", 1),
        SampleTask("Payment provider switch-over", "todo", "high", "Tomás", 4),
        SampleTask(
            "Room-type filters that work with one thumb on a small screen",
            "todo", "medium", "Tomás", 8,
        ),
        SampleTask("Redirect map for the old addresses", "todo", "medium", "Jonas", 10),
        SampleTask("Fix booking form on Safari 17", "in_progress", "urgent", "Tomás", -3),
        SampleTask("Hotel copy: rooms and suites", "in_progress", "medium", "Priya", 0),
        SampleTask("Rates API client, second pass", "in_progress", "medium", "Tomás", 11),
        SampleTask("Price calendar, winter rates", "in_progress", "high", "Mirela", 14),
        SampleTask("Photo licences for the lobby film", "review", "high", "Priya", -4),
        SampleTask("Privacy page, plain words", "review", "low", "Jonas", 7),
        SampleTask("Booking path, clickable draft", "done", "high", "Ana", 0),
        SampleTask("Staging server behind a login", "done", "medium", "Jonas", 5),
        SampleTask("Content plan, 38 pages", "done", "low", "Priya", 11),
        SampleTask("Interviews with four receptionists", "done", "medium", "Tomás", 13),
        SampleTask("Photo day, Fjordlight Tromsø", "done", "medium", "Oskar", 17),
        SampleTask("Sitemap agreed with the client", "done", "high", "Mirela", 24),
        SampleTask("What visitors did on the 2019 site", "done", "low", "Jonas", 31),
        SampleTask("Kick-off in Bergen", "done", "medium", "Mirela", 45),
        SampleTask("Domain and certificate moved", "done", "medium", "Tomás", 52),
    ),
    "Annual report": (
        SampleTask("Donor list, alphabetised", "todo", "low", "Priya", 4),
        SampleTask("Infographic: where one euro goes", "todo", "medium", "Ana", 5),
        SampleTask("Captions for the regional pages", "todo", "medium", "Priya", 6),
        SampleTask("Print-ready PDF with bleeds", "todo", "high", "Jonas", 10),
        SampleTask("Chase the auditor's letter", "in_progress", "medium", "Mirela", -5),
        SampleTask(
            "Chart set: funding by region, with last year beside it",
            "in_progress", "high", "Jonas", 3,
        ),
        SampleTask("Cover options, round two", "review", "high", "Ana", 1),
        SampleTask("Opening spread, photo grade", "review", "medium", "Oskar", 7),
        SampleTask("Chair's foreword, edited", "done", "medium", "Priya", 3),
        SampleTask("Flat plan, 64 pages", "done", "medium", "Ana", 10),
        SampleTask("Figures from the finance team", "done", "high", "Mirela", 18),
        SampleTask("Portraits of the board", "done", "low", "Oskar", 26),
        SampleTask("Paper chosen, two mills compared", "done", "low", "Oskar", 33),
        SampleTask("Brief signed", "done", "high", "Mirela", 47),
    ),
    "Rebrand": (
        SampleTask("Type licence for the wordmark", "todo", "medium", "Ana", 2),
        SampleTask("Business cards, stock samples", "todo", "low", "Oskar", 11),
        SampleTask("Invoice two, Lark Cycles", "todo", "medium", "Mirela", 15),
        SampleTask("Bike decal cut lines", "todo", "medium", "Oskar", 16),
        SampleTask("Web fonts, cut down for the shop", "todo", "medium", "Tomás", 18),
        SampleTask("Shop sign, night version", "todo", "low", "Ana", 24),
        SampleTask("Lark wordmark, final drawing", "in_progress", "urgent", "Ana", 4),
        SampleTask("Icon set for the head badge", "in_progress", "medium", "Ana", 9),
        SampleTask("Lark moodboard, second cut", "review", "medium", "Ana", 3),
        SampleTask("Tone-of-voice sheet", "review", "medium", "Priya", 9),
        SampleTask("Name shortlist, trademark check", "done", "high", "Mirela", 6),
        SampleTask("Workshop with the mechanics", "done", "medium", "Ana", 20),
        SampleTask("Forty-one bike shops looked at", "done", "low", "Priya", 38),
    ),
    "Wayfinding": (
        SampleTask("Send proof to the printer", "todo", "high", "Mirela", -3),
        SampleTask("Wayfinding glossary", "todo", "low", "Priya", 10),
        SampleTask("Sign mounting heights, level 2", "in_progress", "medium", "Oskar", 1),
        SampleTask("Arrow set, eight directions", "in_progress", "medium", "Jonas", 5),
        SampleTask(
            "Accessible route map, entrance to reading room", "review", "high", "Oskar", 3
        ),
        SampleTask("Foyer totem artwork", "done", "medium", "Oskar", 0),
        SampleTask("Contract with the printer", "done", "medium", "Mirela", 0),
        SampleTask("Site survey, levels 0 to 3, with photographs", "done", "low", "Oskar", 4),
        SampleTask("Materials test, outdoors", "done", "medium", "Oskar", 12),
        SampleTask("Test walk with two wheelchair users", "done", "high", "Priya", 27),
        SampleTask("A colour for each floor agreed", "done", "medium", "Ana", 40),
    ),
    "Spring campaign": (
        SampleTask("Spring light, moodboard", "todo", "medium", "Ana", 14),
        SampleTask("Offline page for hotel lobbies", "todo", "low", "Tomás", 16),
        SampleTask("Budget for three placements", "todo", "medium", "Mirela", 21),
        SampleTask("Casting, two families", "todo", "low", "Ana", 28),
    ),
    "Newsletter": (
        SampleTask("Newsletter in dark mail clients", "in_progress", "low", "Jonas", 17),
        SampleTask("Autumn issue sent", "done", "medium", "Priya", 54),
    ),
}  # fmt: skip
