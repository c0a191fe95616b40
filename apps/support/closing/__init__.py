"""The close of a month: what must be so, who signed it off, and what the accountant takes away."""
