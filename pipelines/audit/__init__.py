"""What happened to a home and when, in a form that shows tampering."""
