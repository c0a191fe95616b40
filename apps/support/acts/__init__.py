"""What staff do to an organisation from its glance: each act with a reason, in both trails."""
