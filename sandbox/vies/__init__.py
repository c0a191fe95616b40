"""The European Union's register of VAT ids, with answers that can be set."""
