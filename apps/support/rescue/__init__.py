"""What staff do about one job: read it again, collect again, end, move, recover, try an order again."""
