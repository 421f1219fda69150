"""Versions of a report: drafts, what was released, and what has changed since."""
