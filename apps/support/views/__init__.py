"""Pages of support, staff's and, of visits, the organisation's own."""
