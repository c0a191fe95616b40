"""An organisation's sign-in that speaks OpenID Connect, for whoever tries how such a sign-in works."""
