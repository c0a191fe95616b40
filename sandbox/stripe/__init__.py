"""The part of Stripe's API that the platform uses, as a process of its own: test cards only, no money moves."""
