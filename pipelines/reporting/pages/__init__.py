"""The pages: which sections each audience gets."""
