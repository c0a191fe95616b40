"""Documents as files: PDF by typst, fed with data and never with markup, and XML in the European standard."""

from apps.billing.documents.invoices import document_pdf, document_words
from apps.billing.documents.records import records_pdf
from apps.billing.documents.statements import statement_pdf
from apps.billing.documents.ubl import document_xml

__all__ = ["document_pdf", "document_words", "document_xml", "records_pdf", "statement_pdf"]
