"""Tickets: what somebody asks our staff about, and the thread of answers until it is solved."""
