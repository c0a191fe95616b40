"""Test cards: what the bank says to each, with Stripe's own numbers and sentences."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sandbox.stripe.errors import CardError


@dataclass(frozen=True)
class Card:
    """A test card. `asks` is when the bank wants the holder: never, until set up, or always."""

    number: str
    brand: str = "visa"
    country: str = "US"
    funding: str = "credit"
    decline: str = ""
    attaches: bool = True  # False: the bank also refuses to have the card saved
    asks: str = ""  # "" | "setup" | "always"
    disputes: str = ""
    inquires: bool = False  # the dispute is only an inquiry: no money is taken
    refund: str = ""  # how a refund goes: "" at once | "pending" first | "failed" after it looked good
    risk: str = ""  # what Radar says: "" normal | "elevated" | "highest"
    at_once: bool = False  # the money is available at once
    hint: str = ""

    @property
    def last4(self) -> str:
        return self.number[-4:]


CARDS = {
    card.number: card
    for card in (
        Card("4242424242424242", hint="pays"),
        Card("5555555555554444", brand="mastercard"),
        Card("378282246310005", brand="amex"),
        Card("4000056655665556", funding="debit"),
        Card("4000005280000002", country="NL"),
        Card("4000002760000016", country="DE"),
        Card("4000000000000002", decline="generic_decline", attaches=False, hint="is declined"),
        Card("4000000000009995", decline="insufficient_funds", attaches=False, hint="has too little money"),
        Card("4000000000009987", decline="lost_card", attaches=False),
        Card("4000000000009979", decline="stolen_card", attaches=False),
        Card("4000000000006975", decline="card_velocity_exceeded", attaches=False),
        Card("4000008400001629", decline="generic_decline", asks="always", hint="is confirmed, then declined"),
        Card("4000000000000069", decline="expired_card", attaches=False),
        Card("4000000000000127", decline="incorrect_cvc", attaches=False),
        Card("4000000000000119", decline="processing_error", attaches=False),
        Card("4000000000000341", decline="generic_decline", hint="can be saved, then declines every charge"),
        Card("4000002500003155", asks="setup", hint="the bank asks the holder to confirm"),
        Card("4000002760003184", asks="always", hint="the bank asks every time, also for saved cards"),
        Card("4000000000003220", asks="always"),
        Card("4000000000000259", disputes="fraudulent", hint="pays, then disputes the charge"),
        Card("4000000000002685", disputes="product_not_received"),
        Card("4000000000001976", disputes="fraudulent", inquires=True, hint="pays, then its bank asks about it"),
        Card("4000000000007726", refund="pending", hint="pays; a refund of it takes a while"),
        Card("4000000000005126", refund="failed", hint="pays; a refund of it comes back"),
        Card("4000000000009235", risk="elevated", hint="pays, at an elevated risk"),
        Card("4000000000004954", risk="highest", hint="pays, at the highest risk"),
        Card("4000000000000077", at_once=True, hint="pays, money available at once"),
    )
}
TOKENS = {
    "pm_card_visa": "4242424242424242",
    "pm_card_visa_debit": "4000056655665556",
    "pm_card_mastercard": "5555555555554444",
    "pm_card_amex": "378282246310005",
    "pm_card_visa_chargeDeclined": "4000000000000002",
    "pm_card_chargeDeclined": "4000000000000002",
    "pm_card_visa_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_visa_chargeDeclinedExpiredCard": "4000000000000069",
    "pm_card_visa_chargeDeclinedIncorrectCvc": "4000000000000127",
    "pm_card_visa_chargeDeclinedProcessingError": "4000000000000119",
    "pm_card_chargeCustomerFail": "4000000000000341",
    "pm_card_authenticationRequiredOnSetup": "4000002500003155",
    "pm_card_authenticationRequired": "4000002760003184",
    "pm_card_threeDSecure2Required": "4000000000003220",
    "pm_card_createDispute": "4000000000000259",
    "pm_card_createDisputeProductNotReceived": "4000000000002685",
    "pm_card_createDisputeInquiry": "4000000000001976",
    "pm_card_pendingRefund": "4000000000007726",
    "pm_card_refundFail": "4000000000005126",
    "pm_card_visa_chargeDeclinedLostCard": "4000000000009987",
    "pm_card_visa_chargeDeclinedStolenCard": "4000000000009979",
    "pm_card_chargeDeclinedExpiredCard": "4000000000000069",
    "pm_card_chargeDeclinedIncorrectCvc": "4000000000000127",
    "pm_card_chargeDeclinedProcessingError": "4000000000000119",
    "pm_card_bypassPending": "4000000000000077",
}
# decline: (code, decline_code, sentence)
DECLINES = {
    "generic_decline": ("card_declined", "generic_decline", "Your card was declined."),
    "insufficient_funds": ("card_declined", "insufficient_funds", "Your card has insufficient funds."),
    "lost_card": ("card_declined", "lost_card", "Your card was declined."),
    "stolen_card": ("card_declined", "stolen_card", "Your card was declined."),
    "card_velocity_exceeded": (
        "card_declined",
        "card_velocity_exceeded",
        "Your card was declined for making repeated attempts too frequently or exceeding its amount limit.",
    ),
    "expired_card": ("expired_card", "expired_card", "Your card has expired."),
    "incorrect_cvc": ("incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect."),
    "processing_error": (
        "processing_error",
        "processing_error",
        "An error occurred while processing your card. Try again in a little bit.",
    ),
    "authentication_required": (
        "authentication_required",
        "authentication_required",
        "Your card was declined. This transaction requires authentication.",
    ),
    "authentication_failed": (
        "payment_intent_authentication_failure",
        "",
        "We are unable to authenticate your payment method. "
        "Please choose a different payment method and try again.",
    ),
    "debit_not_authorized": (
        "debit_not_authorized",
        "debit_not_authorized",
        "The customer has notified their bank that this payment was unauthorized.",
    ),
}


@dataclass(frozen=True)
class Expiry:
    """The month a card is good until."""

    month: int
    year: int


def card_read(number: str, expiry: str, cvc: str, now: int) -> tuple[Card, Expiry]:
    """Return the card and expiry that a person typed. Raises CardError with the sentence for the page."""
    digits = "".join(number.split()).replace("-", "")
    if not digits.isdigit() or not 12 <= len(digits) <= 19 or not luhn(digits):
        raise CardError("Your card number is invalid.", code="invalid_number", param="number")
    card = CARDS.get(digits)
    if card is None:
        raise CardError(
            "Your card was declined. This is a sandbox: use a test card, for example 4242 4242 4242 4242.",
            code="card_declined",
            decline_code="test_mode_live_card",
        )
    month, _, year = expiry.replace(" ", "").partition("/")
    if not (month.isdigit() and 1 <= int(month) <= 12 and year.isdigit() and len(year) in (2, 4)):
        raise CardError(
            "Your card's expiration date is invalid. Write it as MM/YY.",
            code="invalid_expiry_month",
            param="exp_month",
        )
    good = Expiry(int(month), int(year) + (2000 if len(year) == 2 else 0))
    today = datetime.fromtimestamp(now, UTC)
    if (good.year, good.month) < (today.year, today.month):
        raise CardError(
            "Your card's expiration date is in the past.", code="invalid_expiry_year", param="exp_year"
        )
    if not cvc.strip().isdigit() or len(cvc.strip()) != (4 if card.brand == "amex" else 3):
        raise CardError("Your card's security code is invalid.", code="invalid_cvc", param="cvc")
    return card, good


def luhn(digits: str) -> bool:
    """Return whether the check digit is right."""
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + position % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def refusal(decline: str) -> CardError:
    """Return the bank's refusal in Stripe's shape."""
    code, decline_code, sentence = DECLINES[decline]
    return (
        CardError(sentence, code=code, decline_code=decline_code)
        if decline_code
        else CardError(sentence, code=code)
    )
