"""clinic-outcomes: from a clinic's EHR exports to outcome reports that can be checked.

Stages, in the order of the data: ingest, contracts, instruments, warehouse, reporting, audit.
A stage may import the stages before it and the plain modules beside this file.
"""
