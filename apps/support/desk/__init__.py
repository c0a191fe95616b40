"""The staff's desk: what needs a person now, and one box that finds anything."""
