"""The hosted pages as HTML: pay, confirm with the bank, and a plain page that says one thing."""

from datetime import UTC, datetime
from html import escape

from sandbox.stripe.cards import CARDS
from sandbox.stripe.checkout import address_after
from sandbox.stripe.objects import IBANS
from sandbox.stripe.page_style import CSS
from sandbox.stripe.saved import may_save
from sandbox.stripe.store import Json

SIGNS = {"eur": "€", "gbp": "£", "usd": "$", "chf": "CHF "}
BANKS = {"sepa_debit": "SEPA bank debit", "bacs_debit": "Bacs bank debit", "us_bank_account": "US bank debit"}

CARD_FIELDS = """<label>Card number<input type="text" name="card_number" inputmode="numeric"
 autocomplete="cc-number" placeholder="4242 4242 4242 4242" maxlength="23"></label>
<div class="two">
<label>Expiry<input type="text" name="card_expiry" inputmode="numeric" autocomplete="cc-exp" placeholder="12/34"
 maxlength="9"></label>
<label>Security code<input type="text" name="card_cvc" inputmode="numeric" autocomplete="cc-csc" placeholder="123"
 maxlength="4"></label>
</div>
<label>Name on card<input type="text" name="card_name" autocomplete="cc-name"></label>"""


def money(amount: int, currency: str) -> str:
    """Return minor units as a person reads them: €1,210.00."""
    return f"{SIGNS.get(currency, currency.upper() + ' ')}{amount / 100:,.2f}"


def frame(title: str, body: str, kind: str = "said") -> str:
    """Return a whole page."""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{escape(title)}</title>
<style>{CSS}</style>
</head>
<body>
<div class="ribbon"><strong>Stripe sandbox.</strong> A stand-in for Stripe's pages: no real card,
no real money.</div>
<main class="{kind}">
{body}
</main>
</body>
</html>
"""


def said(title: str, sentence: str, link: tuple[str, str] | None = None) -> str:
    """Return a page that says one thing, with at most one way on (address, words)."""
    way = f'<p><a href="{escape(link[0])}">{escape(link[1])}</a></p>' if link else ""
    return frame(title, f'<div class="card"><h1>{escape(title)}</h1><p>{escape(sentence)}</p>{way}</div>')


def pay(
    session: Json, lines: list[Json], error: str = "", typed: Json | None = None, saved: list[Json] | None = None
) -> str:
    """Return the payment page with the saved cards it offers.

    `error` is shown above the form, `typed` fills in what is no secret.
    """
    form = _form(session, error, typed or {}, saved or [])
    return frame("Pay in the Stripe sandbox", _summary(session, lines) + form, "pay")


def _summary(session: Json, lines: list[Json]) -> str:
    back = ""
    if session["cancel_url"]:
        back = f'<a class="back" href="{escape(address_after(session, session["cancel_url"]))}">&larr; Back</a>'
    if session["mode"] == "setup":
        return f"""<section aria-label="Summary">{back}
<h1>Save a payment method</h1><p class="amount">Nothing to pay</p>
<p class="hint">The card is kept for later payments and is not charged now.</p></section>"""
    rows = "".join(
        f"<li><span>{escape(line['description'])}"
        + (f"<small>{escape(line['_detail'])}</small>" if line.get("_detail") else "")
        + (
            f"<small>{line['quantity']} × {money(line['price']['unit_amount'], line['currency'])}</small>"
            if line["quantity"] > 1
            else ""
        )
        + f'</span><span class="sum">{money(line["amount_total"], line["currency"])}</span></li>'
        for line in lines
    )
    total = money(session["amount_total"], session["currency"])
    until = datetime.fromtimestamp(session["expires_at"], UTC).strftime("%d %b %Y, %H:%M UTC")
    return f"""<section aria-label="Summary">{back}
<h1>To pay</h1><p class="amount">{total}</p>
<ul class="lines">{rows}<li class="total"><span>Total</span><span class="sum">{total}</span></li></ul>
<footer>This page can be paid until {until}.</footer></section>"""


def _form(session: Json, error: str, typed: Json, saved: list[Json]) -> str:
    alert = f'<p class="alert" role="alert">{escape(error)}</p>' if error else ""
    known = (session["customer_details"] or {}).get("email")
    email = typed.get("email") or ""
    setup = session["mode"] == "setup"
    who = (
        f'<p class="hint">{"Saving for" if setup else "Paying as"} {escape(known)}</p>'
        if known
        else f'<label>E-mail<input type="email" name="email" autocomplete="email" value="{escape(email)}"></label>'
    )
    words = "Save card" if setup else f"Pay {money(session['amount_total'], session['currency'])}"
    cancel = ""
    if session["cancel_url"]:
        cancel = f'<a class="cancel" href="{escape(address_after(session, session["cancel_url"]))}">Cancel</a>'
    message = ((session["custom_text"] or {}).get("submit") or {}).get("message")
    note = f'<p class="hint">{escape(message)}</p>' if message else ""
    return f"""<section class="card" aria-label="Payment">
<h2>{"Save a card" if setup else "Payment details"}</h2>{alert}
<form method="post" autocomplete="on">{who}{_methods(session, typed)}
<div class="for-card">
{_saved(saved, typed)}<div class="for-typed">
{_card_fields(typed)}{_save(session, typed)}
</div></div>
{note}<button type="submit">{escape(words)}</button>{cancel}
</form>{hints()}</section>"""


def _card_fields(typed: Json) -> str:
    """Return the card's fields with what is no secret filled in again."""
    fields = CARD_FIELDS
    for name in ("card_expiry", "card_name"):
        fields = fields.replace(f'name="{name}"', f'name="{name}" value="{escape(typed.get(name) or "")}"')
    return fields


def _saved(saved: list[Json], typed: Json) -> str:
    """Return the choice among saved cards and another one."""
    if not saved:
        return ""
    chosen = typed.get("saved") or saved[0]["id"]
    rows = [(method["id"], _name_of(method["card"])) for method in saved] + [("another", "Another card")]
    choices = "".join(
        f'<label class="choice"><input type="radio" name="saved" value="{escape(value)}"'
        f"{' checked' if value == chosen else ''}><span>{escape(words)}</span></label>"
        for value, words in rows
    )
    return f"<fieldset><legend>Card</legend>{choices}</fieldset>"


def _name_of(card: Json) -> str:
    return f"{card['brand'].title()} •••• {card['last4']}, {card['exp_month']:02}/{card['exp_year']}"


def _save(session: Json, typed: Json) -> str:
    """Return the offer to save the card, or what it means that it is saved anyway."""
    if session["mode"] == "setup":
        return ""
    if session["_intent_data"].get("setup_future_usage"):
        return '<p class="hint">The card is saved and may be charged for later payments, as the seller’s terms say.</p>'
    if not may_save(session):
        return ""
    tick = " checked" if typed.get("save") else ""
    return (
        f'<label class="choice"><input type="checkbox" name="save"{tick}><span>Save this card for later payments'
        "</span></label>"
    )


def _methods(session: Json, typed: Json) -> str:
    banks = [kind for kind in session["payment_method_types"] if kind in BANKS]
    if not banks or session["mode"] == "setup":
        return ""
    bank = typed.get("method") == "bank"
    card_choice = (
        f'<label class="choice"><input type="radio" name="method" value="card"{"" if bank else " checked"}>'
        "<span>Card</span></label>"
        if "card" in session["payment_method_types"]
        else ""
    )
    return f"""<fieldset><legend>Pay with</legend>{card_choice}
<label class="choice"><input type="radio" name="method"
 value="bank"{" checked" if bank or not card_choice else ""}>
<span>{BANKS[banks[0]]}<small class="hint">Arrives days later</small></span></label>
{_bank_fields(banks[0], typed)}
</fieldset>"""


def _bank_fields(kind: str, typed: Json) -> str:
    """Return what a bank debit asks for: of SEPA the account, one of those that the list explains."""
    if kind != "sepa_debit":
        words = "The test account of the sandbox is used. The payment stays open until it is settled."
        return f'<p class="hint for-bank">{words}</p>'
    rows = "".join(f"<tr><td>{iban}</td><td>{_bank_hint(settles)}</td></tr>" for iban, settles in IBANS.items())
    first = next(iter(IBANS))
    return f"""<div class="for-bank"><label>IBAN<input type="text" name="iban"
 value="{escape(typed.get("iban") or first)}" maxlength="34"></label>
<details><summary>Test accounts</summary><table><tbody>{rows}</tbody></table></details></div>"""


def _bank_hint(settles: Json | None) -> str:
    if settles is None:
        return "stays open until it is settled by the switch"
    return f"{'pays' if settles['outcome'] == 'succeeded' else 'does not pay'} after {settles['seconds']} s"


def hints() -> str:
    """Return the list of test cards."""
    rows = "".join(
        f"<tr><td>{' '.join(card.number[i : i + 4] for i in range(0, 16, 4))}</td>"
        f"<td>{escape(card.hint)}</td></tr>"
        for card in CARDS.values()
        if card.hint
    )
    return f"""<details open><summary>Test cards</summary>
<p>Any expiry date to come, any three digits.</p><table><tbody>{rows}</tbody></table></details>"""


def challenge(words: str) -> str:
    """Return the bank's page on which the holder confirms the payment, or does not."""
    return frame(
        "Confirm with your bank",
        f"""<div class="card"><h1>Your bank asks you to confirm</h1>
<p>{escape(words)}</p>
<p class="hint">A real bank would ask for a code or show a prompt in its app. Here you decide.</p>
<form method="post"><button type="submit" name="authentication" value="complete">Complete authentication</button>
<button class="second" type="submit" name="authentication" value="fail">Fail authentication</button>
</form></div>""",
    )
