"""Fair comparison of therapists and of groups: case mix, shrinkage, limits, verdicts in words.

No league tables: nothing here ranks, and nothing says "best".
"""
