"""Files that are bad in every known way, with the message that each of them gets."""
