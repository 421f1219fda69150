"""The sections of a report and their parts: from figures to tables, charts and sentences."""
