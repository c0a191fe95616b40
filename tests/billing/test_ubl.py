"""UBL: well-formed, complete, and its totals are the invoice's."""

from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as Tree

import pytest

from apps.billing.documents import document_xml
from apps.billing.models import InvoiceDue
from apps.billing.services import credit_note_due, credit_note_issue, invoice_issue, quote_create, topup_credit
from tests.billing.money import NOW, rate, topup
from tests.billing.test_vat import confirmed
from tests.world import World

SPACES = {
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
}
# What EN 16931 and Peppol BIS Billing 3.0 want of every document, in the order of the schema.
REQUIRED = [
    "cbc:CustomizationID",
    "cbc:ProfileID",
    "cbc:ID",
    "cbc:IssueDate",
    "cbc:DocumentCurrencyCode",
    "cbc:BuyerReference",
    "cac:AccountingSupplierParty/cac:Party/cbc:EndpointID",
    "cac:AccountingSupplierParty/cac:Party/cac:PostalAddress/cac:Country/cbc:IdentificationCode",
    "cac:AccountingSupplierParty/cac:Party/cac:PartyLegalEntity/cbc:RegistrationName",
    "cac:AccountingCustomerParty/cac:Party/cbc:EndpointID",
    "cac:AccountingCustomerParty/cac:Party/cac:PostalAddress/cac:Country/cbc:IdentificationCode",
    "cac:AccountingCustomerParty/cac:Party/cac:PartyLegalEntity/cbc:RegistrationName",
    "cac:PaymentMeans/cbc:PaymentMeansCode",
    "cac:TaxTotal/cbc:TaxAmount",
    "cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory/cbc:ID",
    "cac:LegalMonetaryTotal/cbc:PayableAmount",
]
ORDER = [
    *("CustomizationID", "ProfileID", "ID", "IssueDate", "InvoiceTypeCode", "CreditNoteTypeCode", "Note"),
    *("DocumentCurrencyCode", "TaxCurrencyCode", "AccountingCost", "BuyerReference", "OrderReference"),
    *("BillingReference", "AccountingSupplierParty", "AccountingCustomerParty", "Delivery", "PaymentMeans"),
    *("TaxTotal", "LegalMonetaryTotal", "InvoiceLine", "CreditNoteLine"),
]


def issued(topup_id: str = "t1") -> dict[str, Any]:
    return invoice_issue(invoice_due_id=InvoiceDue.objects.get(topup_id=topup_id).id, now=NOW).data


def text(root: Tree.Element, path: str) -> str:
    return root.findtext(path, default="", namespaces=SPACES)


def checked(data: dict[str, Any]) -> Tree.Element:
    """Return the document, after the rules that hold for each."""
    root = Tree.fromstring(document_xml(data))
    assert [path for path in REQUIRED if not text(root, path)] == []
    order = [ORDER.index(child.tag.split("}")[1]) for child in root]
    assert order == sorted(order)
    total = {
        child.tag.split("}")[1]: Decimal(child.text or "")
        for child in root.find("cac:LegalMonetaryTotal", SPACES) or []
    }
    lines = [*root.findall("cac:InvoiceLine", SPACES), *root.findall("cac:CreditNoteLine", SPACES)]
    nets = [Decimal(text(line, "cbc:LineExtensionAmount")) for line in lines]
    tax = root.find("cac:TaxTotal", SPACES)
    assert tax is not None
    assert total["LineExtensionAmount"] == total["TaxExclusiveAmount"] == sum(nets)
    assert total["TaxInclusiveAmount"] == total["TaxExclusiveAmount"] + Decimal(text(tax, "cbc:TaxAmount"))
    assert total["PayableAmount"] == total["TaxInclusiveAmount"] - total.get("PrepaidAmount", Decimal(0))
    subtotals = tax.findall("cac:TaxSubtotal", SPACES)
    assert sum(Decimal(text(row, "cbc:TaxAmount")) for row in subtotals) == Decimal(text(tax, "cbc:TaxAmount"))
    for line, net in zip(lines, nets, strict=True):
        quantity = text(line, "cbc:InvoicedQuantity") or text(line, "cbc:CreditedQuantity")
        assert abs(Decimal(quantity) * Decimal(text(line, "cac:Price/cbc:PriceAmount")) - net) <= Decimal("0.02")
    return root


def test_an_invoice_says_what_it_says_on_paper(world: World) -> None:
    world.acme.po_number, world.acme.cost_centre, world.acme.address = (
        "PO-77",
        "R&D <1>",
        "Dam 1\nFloor 2\nAmsterdam",
    )
    world.acme.save()
    topup(world.acme)
    root = checked(issued())
    assert text(root, "cbc:ID") == "NW-2026-000001"
    assert text(root, "cbc:InvoiceTypeCode") == "380"
    assert text(root, "cac:OrderReference/cbc:ID") == "PO-77"
    assert text(root, "cbc:AccountingCost") == "R&D <1>"
    assert text(root, "cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory/cbc:Percent") == "21"
    assert text(root, "cac:LegalMonetaryTotal/cbc:PrepaidAmount") == "121.00"


def test_reverse_charge_has_its_code_and_both_vat_ids(world: World) -> None:
    confirmed(world)
    topup(world.acme)
    root = checked(issued())
    category = root.find("cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory", SPACES)
    assert category is not None
    assert (text(category, "cbc:ID"), text(category, "cbc:Percent")) == ("AE", "0")
    assert text(category, "cbc:TaxExemptionReasonCode") == "VATEX-EU-AE"
    ids = [node.text for node in root.findall(".//cac:PartyTaxScheme/cbc:CompanyID", SPACES)]
    assert ids == ["NL000099998B57", "DE136695976"]


def test_out_of_vats_scope_no_vat_id_and_no_percentage_stands(world: World) -> None:
    world.acme.country, world.acme.vat_id = "US", "12-3456789"
    world.acme.save()
    topup(world.acme)
    root = checked(issued())
    assert text(root, "cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory/cbc:ID") == "O"
    assert root.find(".//cac:PartyTaxScheme", SPACES) is None
    assert root.find(".//cbc:Percent", SPACES) is None


def test_a_dollar_invoice_has_its_vat_in_euros_too(world: World) -> None:
    rate(420_000)
    rate(460_000, currency="USD")
    offer = quote_create(organisation=world.acme, currency="USD", net_minor=10_000, now=NOW)
    topup_credit(organisation_id=world.acme.id, topup_id="t1", quote=offer, payment_reference="pi", now=NOW)
    root = checked(issued())
    assert text(root, "cbc:TaxCurrencyCode") == "EUR"
    amounts = [(node.get("currencyID"), node.text) for node in root.findall("cac:TaxTotal/cbc:TaxAmount", SPACES)]
    assert amounts == [("USD", "21.00"), ("EUR", "19.17")]


@pytest.mark.parametrize(("net", "vat"), [(4_000, 840), (1, 0), (10_000, 2_100)])
def test_a_credit_note_names_the_invoice_it_corrects(world: World, net: int, vat: int) -> None:
    topup(world.acme)
    due = credit_note_due(topup_id="t1", net_minor=net, vat_minor=vat, key="refund:1", now=NOW)
    root = checked(credit_note_issue(credit_note_due_id=due.id, now=NOW).data)
    assert text(root, "cbc:CreditNoteTypeCode") == "381"
    assert text(root, "cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID") == "NW-2026-000001"


def test_what_xml_cannot_hold_is_left_out(world: World) -> None:
    world.acme.legal_name = "Ac\x01me \ufffe😀 & Söhne"
    world.acme.save()
    topup(world.acme)
    name = text(checked(issued()), "cac:AccountingCustomerParty/cac:Party/cac:PartyName/cbc:Name")
    assert name == "Acme 😀 & Söhne"
