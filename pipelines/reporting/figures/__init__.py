"""What may be shown, and what it says over time: the numbers behind every page."""
