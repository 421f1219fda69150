"""A synthetic clinic with known answers: deliveries like a clinic's own, and the truth behind them.

A pure function of its options (`pipelines.demo.clinic.DemoOptions`): the same options give the same
bytes. Belongs here: inventing people and courses, writing canonical deliveries, planting
known defects, saying what is true. Does not belong here: anything that reads a delivery.

    clinic.py          options, and the one function that writes everything
    decisions.py       what the clinic has decided in its settings
    tables.py          columns of the canonical export, with the types that Parquet needs
    randomness.py      seeded streams, one per purpose and block of clients
    timeline.py        days, months, delivery dates
    programmes.py      tracks, instruments, codes: the fixed facts of the invented clinic
    people.py          therapists and licences; clients and consents
    groups.py          therapy groups, their calendar, who sits in which seat when
    courses.py         courses of treatment and their individual sessions
    meetings.py        every client at every session: who came, who taught
    paths.py           how each client truly changed
    questionnaires.py  who filled in which form when
    wider.py           forms of other domains, of diagnoses, before and after care
    answers.py         what they answered
    diagnoses.py       what each course is coded with
    records.py         goals, milestones, safety follow-ups
    versions.py        a row as it stood at the end of each month in which it changed
    writing.py         months of CSV and Parquet files, written piece by piece
    defects.py, broken_rows.py   rows that are wrong on purpose
    truth.py           what a test may ask
"""
