"""clinic-outcomes: from a clinic's EHR exports to outcome reports that can be checked.

Stages, in the order of the data: ingest, contracts, instruments, warehouse, reporting, audit.
A stage may import the stages before it and the plain modules beside this file.
"""

import os

# Read when numpy is imported. Matrices here are small: threads of the linear algebra would mostly
# wait for each other, at twice the processor time, and could change the last digit of a fit.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
