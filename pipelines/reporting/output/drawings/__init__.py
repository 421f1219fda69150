"""Drawings of a report as SVG: one module for each kind, which takes a chart's data and a size.

What belongs here is where marks lie and how they look. What is drawn, what it is called and what it
says stand in the chart. Colours are written as var(--…) of `reports/static/tokens.css`, so that one
drawing serves light, dark and print. Nothing depends on how wide a font draws a text: the room for
texts is fixed, and labels have fixed places.
"""
