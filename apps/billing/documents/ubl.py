"""Invoices and credit notes as UBL 2.1, after Peppol BIS Billing 3.0 (EN 16931): what accounting programs import."""

import re
from datetime import datetime
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as Tree

from apps.billing.vat import OUTSIDE, REVERSE_CHARGE
from apps.core.money import MICRO

CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
ROOT = "urn:oasis:names:specification:ubl:schema:xsd:{}-2"
CUSTOMIZATION = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
PROFILE = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
EMAIL_SCHEME = "EM"  # the endpoint is an e-mail address
CARD, OTHER_MEANS = "48", "1"  # UNTDID 4461
UNIT = "C62"  # one piece
REASONS = {REVERSE_CHARGE: ("AE", "VATEX-EU-AE"), OUTSIDE: ("O", "VATEX-EU-O")}
NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def document_xml(data: dict[str, Any]) -> bytes:
    """Return the invoice or credit note whose data this is as UBL; the same data always make the same bytes."""
    return _Document(data).xml()


class _Document:
    """Writes one document, element by element, in the order that UBL wants."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data
        self.credit = data.get("kind") == "credit_note"
        self.currency = data["currency"]
        self.category, self.reason_code = REASONS.get(data["vat_rule"], ("S", ""))

    def xml(self) -> bytes:
        noun = "CreditNote" if self.credit else "Invoice"
        Tree.register_namespace("cac", CAC)
        Tree.register_namespace("cbc", CBC)
        space = ROOT.format(noun)
        Tree.register_namespace("", space)
        root = Tree.Element(f"{{{space}}}{noun}")
        self._head(root, noun)
        self._parties(root)
        self._payment(root)
        self._taxes(root)
        self._totals(root)
        for position, line in enumerate(self.data["lines"], start=1):
            self._line(root, noun, position, line)
        Tree.indent(root)
        return Tree.tostring(root, encoding="utf-8", xml_declaration=True)

    def _head(self, root: Tree.Element, noun: str) -> None:
        data = self.data
        _text(root, "CustomizationID", CUSTOMIZATION)
        _text(root, "ProfileID", PROFILE)
        _text(root, "ID", data["number"])
        _text(root, "IssueDate", _date(data["issued_at"]))
        _text(root, f"{noun}TypeCode", "381" if self.credit else "380")
        notes = [data["vat_note"], data.get("reason", "")]
        if any(notes):
            _text(root, "Note", " ".join(note for note in notes if note))
        _text(root, "DocumentCurrencyCode", self.currency)
        if data.get("vat_home"):
            _text(root, "TaxCurrencyCode", data["vat_home"]["currency"])
        if data.get("cost_centre"):
            _text(root, "AccountingCost", data["cost_centre"])
        # The standard wants one of buyer's reference and order reference.
        _text(root, "BuyerReference", data.get("cost_centre") or data["payment"]["reference"])
        if data.get("po_number"):
            _text(_part(root, "OrderReference"), "ID", data["po_number"])
        before = data["invoice"]["number"] if self.credit else data.get("replaces")
        if before:
            reference = _part(_part(root, "BillingReference"), "InvoiceDocumentReference")
            _text(reference, "ID", before)
            if self.credit:
                _text(reference, "IssueDate", _date(data["invoice"]["issued_at"]))

    def _parties(self, root: Tree.Element) -> None:
        for role, facts in (("Supplier", self.data["seller"]), ("Customer", self.data["buyer"])):
            party = _part(_part(root, f"Accounting{role}Party"), "Party")
            if facts.get("email"):
                _text(party, "EndpointID", facts["email"], schemeID=EMAIL_SCHEME)
            _text(_part(party, "PartyName"), "Name", facts["name"])
            _address(party, facts)
            if facts["vat_id"] and self.category != "O":  # what is out of VAT's scope must name no VAT id
                scheme = _part(party, "PartyTaxScheme")
                _text(scheme, "CompanyID", facts["vat_id"])
                _text(_part(scheme, "TaxScheme"), "ID", "VAT")
            legal = _part(party, "PartyLegalEntity")
            _text(legal, "RegistrationName", facts["name"])
            company = facts.get("registration") or facts["vat_id"]
            if company:
                _text(legal, "CompanyID", company)
            if role == "Supplier" and facts.get("email"):
                _text(_part(party, "Contact"), "ElectronicMail", facts["email"])
        if not self.credit:
            _text(_part(root, "Delivery"), "ActualDeliveryDate", _date(self.data["supplied_at"]))

    def _payment(self, root: Tree.Element) -> None:
        payment = self.data["payment"]
        means = _part(root, "PaymentMeans")
        _text(means, "PaymentMeansCode", CARD if payment["method"] == "card" else OTHER_MEANS)
        _text(means, "PaymentID", payment["reference"])

    def _taxes(self, root: Tree.Element) -> None:
        total = _part(root, "TaxTotal")
        self._amount(total, "TaxAmount", self.data["vat_minor"])
        for row in self.data["vat_by_rate"]:
            subtotal = _part(total, "TaxSubtotal")
            self._amount(subtotal, "TaxableAmount", row["net_minor"])
            self._amount(subtotal, "TaxAmount", row["vat_minor"])
            self._category(subtotal, "TaxCategory", row["bp"], reasoned=True)
        home = self.data.get("vat_home")
        if home:
            amount = f"{Decimal(home['vat_minor']) / 100:.2f}"
            _text(_part(root, "TaxTotal"), "TaxAmount", amount, currencyID=home["currency"])

    def _totals(self, root: Tree.Element) -> None:
        data, total = self.data, _part(root, "LegalMonetaryTotal")
        self._amount(total, "LineExtensionAmount", sum(line["net_minor"] for line in data["lines"]))
        self._amount(total, "TaxExclusiveAmount", data["net_minor"])
        self._amount(total, "TaxInclusiveAmount", data["total_minor"])
        if not self.credit:
            self._amount(total, "PrepaidAmount", data["total_minor"])
        self._amount(total, "PayableAmount", data["total_minor"] if self.credit else 0)

    def _line(self, root: Tree.Element, noun: str, position: int, line: dict[str, Any]) -> None:
        row = _part(root, f"{noun}Line")
        _text(row, "ID", str(position))
        quantity = Decimal(line["credits_micro"]) / MICRO if "credits_micro" in line else Decimal(1)
        price = Decimal(line["rate_micro"]) / MICRO if "rate_micro" in line else Decimal(line["net_minor"]) / 100
        _text(row, "CreditedQuantity" if self.credit else "InvoicedQuantity", f"{quantity:f}", unitCode=UNIT)
        self._amount(row, "LineExtensionAmount", line["net_minor"])
        item = _part(row, "Item")
        _text(item, "Name", line["description"])
        self._category(item, "ClassifiedTaxCategory", line["vat_bp"])
        _text(_part(row, "Price"), "PriceAmount", f"{price:f}", currencyID=self.currency)

    def _category(self, parent: Tree.Element, name: str, bp: int, *, reasoned: bool = False) -> None:
        category = _part(parent, name)
        _text(category, "ID", self.category)
        if self.category != "O":
            _text(category, "Percent", f"{Decimal(bp) / 100:f}")
        if reasoned and self.reason_code:
            _text(category, "TaxExemptionReasonCode", self.reason_code)
            _text(category, "TaxExemptionReason", self.data["vat_note"])
        _text(_part(category, "TaxScheme"), "ID", "VAT")

    def _amount(self, parent: Tree.Element, name: str, minor: int) -> None:
        _text(parent, name, f"{Decimal(minor) / 100:.2f}", currencyID=self.currency)


def _address(party: Tree.Element, facts: dict[str, str]) -> None:
    address = _part(party, "PostalAddress")
    lines = [line.strip() for line in facts["address"].splitlines() if line.strip()]
    for name, line in zip(("StreetName", "AdditionalStreetName"), lines, strict=False):
        _text(address, name, line)
    if lines[2:]:
        _text(_part(address, "AddressLine"), "Line", ", ".join(lines[2:]))
    _text(_part(address, "Country"), "IdentificationCode", facts["country"])


def _part(parent: Tree.Element, name: str) -> Tree.Element:
    return Tree.SubElement(parent, f"{{{CAC}}}{name}")


def _text(parent: Tree.Element, name: str, value: str, **attributes: str) -> None:
    Tree.SubElement(parent, f"{{{CBC}}}{name}", attributes).text = NOT_XML.sub("", value)


def _date(iso: str) -> str:
    return f"{datetime.fromisoformat(iso):%Y-%m-%d}"
