"""How much an organisation may top up while nobody knows its cards yet: data, no rules.

Ceilings are minor units before VAT, by currency, and equal to each other for our purposes: what is topped up in one
currency counts in all. The table in force is the newest whose date has come; a new one is written below, with its date.
`days` is the age of the first payment, `paid` how many were made; those that a bank took back do not count.
"""

from typing import Any

TIERS: list[dict[str, Any]] = [
    {
        "since": "2026-11-01",
        "tiers": [
            {
                "days": 0,
                "paid": 0,
                "once": {"EUR": 50_000, "USD": 60_000, "GBP": 45_000},
                "day": {"EUR": 50_000, "USD": 60_000, "GBP": 45_000},
                "week": {"EUR": 100_000, "USD": 120_000, "GBP": 90_000},
            },
            {
                "days": 7,
                "paid": 1,
                "once": {"EUR": 150_000, "USD": 180_000, "GBP": 135_000},
                "day": {"EUR": 200_000, "USD": 240_000, "GBP": 180_000},
                "week": {"EUR": 400_000, "USD": 480_000, "GBP": 360_000},
            },
            {
                "days": 30,
                "paid": 2,
                "once": {"EUR": 500_000, "USD": 600_000, "GBP": 450_000},
                "day": {"EUR": 1_000_000, "USD": 1_200_000, "GBP": 900_000},
                "week": {"EUR": 2_000_000, "USD": 2_400_000, "GBP": 1_800_000},
            },
            {"days": 90, "paid": 3},  # no ceiling but that of a single top-up (TOPUP_MAXIMUM_MINOR)
        ],
    }
]

# How often what may happen, whoever it is: (what, of whom, within seconds, at most).
VELOCITY: list[tuple[str, str, int, int]] = [
    ("topups", "organisation", 3_600, 10),
    ("topups", "person", 3_600, 10),
    ("topups", "address", 3_600, 20),
    ("topups", "card", 3_600, 6),
    ("declines", "organisation", 3_600, 5),
    ("declines", "person", 3_600, 5),
    ("declines", "address", 3_600, 8),
    ("cards", "organisation", 86_400, 5),
    ("cards", "person", 86_400, 5),
    ("cards", "address", 86_400, 8),
]
HELD_RISKS = ("elevated", "highest")  # of Radar: held for a person, the lower one not in the last tier
SHARED_CARD = 3  # organisations that one card paid for within a day, before its payments are held
