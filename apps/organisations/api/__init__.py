"""Organisations, projects and keys for programs."""
