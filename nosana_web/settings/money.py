"""Money: the seller, prices, limits, and Stripe."""

from apps.core.money import CURRENCIES
from apps.payments import tiers
from nosana_web.settings.process import env

# --- the seller (what invoices say) ----------------------------------------------------------------------
SELLER = {
    "name": env.str("SELLER_NAME", default="Nosana Web B.V. (sandbox)"),
    "address": env.str("SELLER_ADDRESS", default="Herengracht 1, 1015 BA Amsterdam"),
    "country": env.str("SELLER_COUNTRY", default="NL"),
    "vat_id": env.str("SELLER_VAT_ID", default="NL000099998B57"),
    "email": env.str("SELLER_EMAIL", default="billing@nosana-web.example"),
    "prefix": env.str("SELLER_INVOICE_PREFIX", default="NW"),
    "registration": env.str("SELLER_REGISTRATION", default="KvK 00000000"),  # number in the trade register
    "currency": env.str("SELLER_CURRENCY", default="EUR"),  # what the seller's VAT returns are in
    "oss": env.bool("SELLER_OSS", default=True),  # VAT of other EU countries goes through the one-stop shop
}

TERMS_VERSION = env.str("TERMS_VERSION", default="2026-11")  # in force: templates/terms/<version>.html

# --- credits and top-ups ---------------------------------------------------------------------------------
PLATFORM_FEE_BP = env.int("PLATFORM_FEE_BP", default=500)  # basis points of the node's price
RATE_SPREAD_BP = env.int("RATE_SPREAD_BP", default=200)  # basis points on the NOS rate of a quote
QUOTE_MINUTES = env.int("QUOTE_MINUTES", default=60)
# Where the price of NOS comes from, the most trusted first. Pyth is asked only if there is a key for it, and tells
# NOS only if its feed is named; the euro and the pound are the same feeds for everybody.
PYTH_URL = env.str("PYTH_URL", default="https://pyth.dourolabs.app/hermes")
PYTH_API_KEY = env.str("PYTH_API_KEY", default="")
PYTH_FEEDS = {
    "NOS/USD": env.str("PYTH_NOS_FEED", default=""),
    "EUR/USD": "a995d00bb36a63cef7fd2c287dc105fc8f3d93779f062f09551b0af3e81ec30b",
    "GBP/USD": "84c2dde9633d93d1bcad84e7dc41c9d56578b7ec52fabedc1f335d673df0a7c1",
}
COINGECKO_URL = env.str("COINGECKO_URL", default="https://api.coingecko.com/api/v3")
COINGECKO_API_KEY = env.str("COINGECKO_API_KEY", default="")
VIES_URL = env.str("VIES_URL", default="https://ec.europa.eu/taxation_customs/vies/rest-api")
TRIAL_CREDITS = env.int("TRIAL_CREDITS", default=0)  # whole credits for a new organisation; 0: no trial
CAP_STAFF_ALONE_CREDITS = env.int("CAP_STAFF_ALONE_CREDITS", default=1_000)  # staff raise a cap to it alone
GOODWILL_LIMIT_CREDITS = env.int("GOODWILL_LIMIT_CREDITS", default=100)  # above it a second person approves
TRIAL_STAFF_ALONE_DAYS = env.int("TRIAL_STAFF_ALONE_DAYS", default=90)  # longer, a second person approves
TRIAL_DAYS = env.int("TRIAL_DAYS", default=30)
# What a top-up may be before VAT, in minor units, and the amounts its page offers, in whole units; by currency:
# TOPUP_MINIMUM_MINOR="EUR=1000;USD=1000;GBP=1000", TOPUP_PRESETS="EUR=25,100,500;USD=25,100;GBP=25".
TOPUP_MINIMUM_MINOR = env("TOPUP_MINIMUM_MINOR", cast={"value": int}, default=dict.fromkeys(CURRENCIES, 1_000))
TOPUP_MAXIMUM_MINOR = env("TOPUP_MAXIMUM_MINOR", cast={"value": int}, default=dict.fromkeys(CURRENCIES, 1_000_000))
# What stolen cards would run into (docs/payments.md): ceilings by age and history, and how often what may happen.
TOPUP_TIERS = env.json("TOPUP_TIERS", default=tiers.TIERS)
TOPUP_VELOCITY = env.json("TOPUP_VELOCITY", default=tiers.VELOCITY)
TOPUP_STAFF_ALONE_MINOR = env.int("TOPUP_STAFF_ALONE_MINOR", default=500_000)  # a second person above; minor units
TOPUP_PRESETS = env(
    "TOPUP_PRESETS", cast={"value": [int]}, default=dict.fromkeys(CURRENCIES, [25, 100, 500, 1_000])
)

# --- Stripe ----------------------------------------------------------------------------------------------
STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY", default="")
STRIPE_WEBHOOK_SECRET = env.str("STRIPE_WEBHOOK_SECRET", default="")
STRIPE_API_URL = env.str("STRIPE_API_URL", default="https://api.stripe.com")
STRIPE_API_VERSION = "2026-10-28.endive"
# The bank method offered beside cards, by currency; it must be switched on in the Stripe account:
# STRIPE_BANK_METHODS="EUR=sepa_debit;GBP=bacs_debit;USD=us_bank_account".
STRIPE_BANK_METHODS = env("STRIPE_BANK_METHODS", cast={"value": str}, default={})
# The header in which a proxy in front of us says the visitor's country (ISO 3166 code), e.g. CF-IPCountry.
GEO_COUNTRY_HEADER = env.str("GEO_COUNTRY_HEADER", default="")
