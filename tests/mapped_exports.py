"""Made-up exports in the layouts of the shipped mappings: ten clients, each seen six times.

Every writer tells the same clinic in another layout, so that all of them must give the same rows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

import xlsxwriter

N_CLIENTS = 10
N_VISITS = 6
WORDS = ("Not at all", "Several days", "More than half the days", "Nearly every day")
STATUSES = ("attended", "attended", "attended", "no_show", "attended", "late_cancelled")
SETTINGS = ("in_person", "video", "phone")


@dataclass(frozen=True)
class Visit:
    """One appointment of a client, with the answers to a PHQ-9 where they came."""

    number: int
    client: int
    therapist: int
    at: datetime
    status: str
    setting: str
    answers: tuple[int, ...]


def visits() -> Iterator[Visit]:
    """All appointments, the answers getting better from one to the next."""
    for client in range(1, N_CLIENTS + 1):
        for nth in range(N_VISITS):
            day = date(2026, 3, 2) + timedelta(days=client + 14 * nth)
            yield Visit(
                number=client * 100 + nth,
                client=client,
                therapist=1 + client % 2,
                at=datetime.combine(day, time(9 + client % 8, 30)),
                status=STATUSES[(client + nth) % len(STATUSES)],
                setting=SETTINGS[client % len(SETTINGS)],
                answers=tuple(max(0, 3 - (nth + item + client) % 4) for item in range(9)),
            )


def registered_on(client: int) -> date:
    """The day on which a client came to the clinic."""
    return date(2026, 2, 1) + timedelta(days=2 * client)


def born_on(client: int) -> date:
    """A client's birthday; of some the day could be a month."""
    return date(1970 + client, 1 + client, 27 if client % 2 else 3)


def write_practice_csv(folder: Path) -> Path:
    """Reports of a practice-management system, US dates, a totals row, answers in words."""
    folder.mkdir(parents=True)
    _lines(
        folder / "Clients.csv",
        ",",
        ["Client ID", "First Name", "Last Name", "Date of Birth", "Sex", "State", "Date Added"],
        (
            [
                f"C{n:04}",
                "Made",
                f"Up{n}",
                _us(born_on(n)),
                "FM"[n % 2],
                "NY",
                _us(registered_on(n)),
            ]
            for n in range(1, N_CLIENTS + 1)
        ),
    )
    words = {"attended": "Show", "no_show": "No Show", "late_cancelled": "Late Cancelled"}
    places = {"in_person": "Office", "video": "Telehealth", "phone": "Phone"}
    rows = [
        [
            f"A{v.number}", f"C{v.client:04}", f"Clinician {v.therapist}, Made-Up", _us(v.at),
            v.at.strftime("%I:%M %p"), "50", places[v.setting], words[v.status],
        ]
        for v in visits()
    ]  # fmt: skip
    _lines(
        folder / "Appointments.csv",
        ",",
        ["Appointment ID", "Client ID", "Clinician", "Date", "Start Time", "Duration", "Location",
         "Appointment Status"],
        [*rows, [f"Total: {len(rows)}", "", "", "", "", "", "", ""]],
    )  # fmt: skip
    _lines(
        folder / "PHQ-9.csv",
        ",",
        ["Client ID", "Completed At", *(f"PHQ{n}" for n in range(1, 10)), "Total Score"],
        (
            [f"C{v.client:04}", v.at.strftime("%m/%d/%Y %I:%M %p"),
             *(WORDS[a] for a in v.answers), str(sum(v.answers))]
            for v in visits() if v.status == "attended"
        ),
    )  # fmt: skip
    return folder


def write_semicolon_export(folder: Path) -> Path:
    """Lists of a German practice: semicolons, decimal commas, Windows-1252."""
    folder.mkdir(parents=True)

    def listed(
        name: str, header: Sequence[str], rows: Iterator[list[str]] | list[list[str]]
    ) -> None:
        _lines(folder / name, ";", header, rows, encoding="windows-1252", newline="\r\n")

    clients = range(1, N_CLIENTS + 1)
    listed(
        "Klienten.csv",
        ["Patientennummer", "Name", "Geburtsdatum", "Geschlecht", "Aufnahme am"],
        [
            [f"{n:05}", f"Müster {n}", _de(born_on(n)), "wm"[n % 2], _de(registered_on(n))]
            for n in clients
        ],
    )
    listed(
        "Therapeuten.csv",
        ["Kürzel", "Titel", "Vorname", "Name", "Beschäftigt seit", "Beschäftigt bis"],
        [["T1", "Dr.", "Erfunden", "Köhn", "01.02.2020", ""],
         ["T2", "", "Erdacht", "Weiß", "15.03.2021", ""]],
    )  # fmt: skip
    listed(
        "Behandlungen.csv",
        ["Fallnummer", "Patientennummer", "Behandler", "Überweisung am", "Beginn", "Ende",
         "Abschluss"],
        [
            [f"F{n}", f"{n:05}", f"T{1 + n % 2}", _de(registered_on(n)), _de(_first(n)),
             *((_de(_last(n)), ("regulär", "Abbruch")[n % 4 // 2]) if n % 2 else ("", ""))]
            for n in clients
        ],
    )  # fmt: skip
    words = {
        "attended": "erschienen", "no_show": "nicht erschienen",
        "late_cancelled": "kurzfristig abgesagt",
    }  # fmt: skip
    places = {"in_person": "Praxis", "video": "Video", "phone": "Telefon"}
    listed(
        "Termine.csv",
        ["Terminnummer", "Fallnummer", "Patientennummer", "Behandler", "Datum", "Uhrzeit",
         "Dauer (Min.)", "Form", "Status"],
        [
            *(
                [str(v.number), f"F{v.client}", f"{v.client:05}", f"T{v.therapist}", _de(v.at),
                 v.at.strftime("%H:%M"), "50", places[v.setting], words[v.status]]
                for v in visits()
            ),
            ["Summe", "", "", "", "", "", "3000", "", ""],
        ],
    )  # fmt: skip
    listed(
        "Messungen.csv",
        ["Messung", "Patientennummer", "Fallnummer", "Fragebogen", "Ausgefüllt", "Summenwert"],
        [
            [f"M{v.number}", f"{v.client:05}", f"F{v.client}", "ORS",
             v.at.strftime("%d.%m.%Y %H:%M"), f"{40 - sum(v.answers) - 0.5:.1f}".replace(".", ",")]
            for v in visits() if v.status == "attended"
        ],
    )  # fmt: skip
    return folder


def write_reporting_database(folder: Path) -> Path:
    """Extracts of a reporting database: NULL, numeric codes, one row an answer."""
    folder.mkdir(parents=True)
    clients = range(1, N_CLIENTS + 1)
    _lines(
        folder / "patient.csv",
        ",",
        ["patient_id", "date_of_birth", "gender_code", "created_at"],
        ([f"p-{n:03}", born_on(n).isoformat(), str(1 + n % 2), _stamp(registered_on(n))]
         for n in clients),
    )  # fmt: skip
    _lines(
        folder / "practitioner.csv",
        ",",
        ["practitioner_id", "first_name", "last_name", "active_from"],
        [["pr-1", "Made", "Up-One", "2020-02-01"], ["pr-2", "Made", "Up-Two", "2021-03-15"]],
    )
    _lines(
        folder / "care_episode.csv",
        ",",
        ["care_episode_id", "patient_id", "practitioner_id", "referral_date",
         "treatment_start_date", "treatment_end_date", "end_code"],
        (
            [f"ce-{n}", f"p-{n:03}", f"pr-{1 + n % 2}", registered_on(n).isoformat(),
             _first(n).isoformat(),
             *((_last(n).isoformat(), ("10", "11")[n % 4 // 2]) if n % 2 else ("NULL", "NULL"))]
            for n in clients
        ),
    )  # fmt: skip
    codes = {"attended": "5", "no_show": "3", "late_cancelled": "2"}
    media = {"in_person": "1", "video": "3", "phone": "2"}
    _lines(
        folder / "appointment.csv",
        ",",
        ["appointment_id", "care_episode_id", "patient_id", "practitioner_id", "starts_at",
         "ends_at", "medium_code", "attendance_code"],
        (
            [f"ap-{v.number}", f"ce-{v.client}", f"p-{v.client:03}", f"pr-{v.therapist}",
             _stamp(v.at), _stamp(v.at + timedelta(minutes=50)), media[v.setting], codes[v.status]]
            for v in visits()
        ),
    )  # fmt: skip
    _lines(
        folder / "questionnaire_answer.csv",
        ",",
        ["questionnaire_response_id", "patient_id", "care_episode_id", "questionnaire_code",
         "authored_at", "source_type", "raw_score", "question_code", "answer_value"],
        (
            [f"qr-{v.number}", f"p-{v.client:03}", f"ce-{v.client}", "PHQ9", _stamp(v.at),
             "patient", f"{sum(v.answers)}.0", f"PHQ9_{item:02}", str(answer)]
            for v in visits() if v.status == "attended"
            for item, answer in enumerate(v.answers, start=1)
        ),
    )  # fmt: skip
    return folder


def write_workbook(folder: Path) -> Path:
    """One workbook: numbers as ids, real dates, truth values, formulas and a hidden sheet."""
    folder.mkdir(parents=True)
    book = xlsxwriter.Workbook(str(folder / "Clinic.xlsx"))
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    clock = book.add_format({"num_format": "hh:mm"})
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    formats = {datetime: moment, date: day, time: clock}

    def sheet(name: str, header: Sequence[str], rows: list[list[object]], at: int = 0) -> None:
        page = book.add_worksheet(name)
        page.write_row(at, 0, header)
        for number, row in enumerate(rows, start=at + 1):
            for column, value in enumerate(row):
                if isinstance(value, str) and value.startswith("="):
                    answers = [answer for answer in row if isinstance(answer, int)][-9:]
                    page.write_formula(number, column, value, None, sum(answers))
                elif type(value) in formats:
                    page.write_datetime(number, column, value, formats[type(value)])  # pyright: ignore[reportArgumentType]
                else:
                    page.write(number, column, value)

    clients = range(1, N_CLIENTS + 1)
    sheet(
        "Clients",
        ["Client No", "Name", "Birth Date", "Sex", "State", "Registered", "Public reporting"],
        [[1000 + n, f"Made Up {n}", born_on(n), "FM"[n % 2], "IL", registered_on(n), n % 3 > 0]
         for n in clients],
    )  # fmt: skip
    sheet(
        "Clinicians",
        ["Clinician No", "Clinician", "Since"],
        [[1, "Dr Made Up-One", date(2020, 2, 1)], [2, "Dr Made Up-Two", date(2021, 3, 15)]],
    )
    sheet(
        "Courses",
        ["Course No", "Client No", "Clinician No", "Referred", "Started", "Ended", "Outcome"],
        [
            [n, 1000 + n, 1 + n % 2, registered_on(n), _first(n),
             *((_last(n), ("Completed", "Dropped out")[n % 4 // 2]) if n % 2 else (None, None))]
            for n in clients
        ],
    )  # fmt: skip
    places = {"in_person": "Clinic", "video": "Online", "phone": "Phone"}
    sheet(
        "Appointments",
        ["Appointment No", "Course No", "Client No", "Clinician No", "Day", "Time", "Minutes",
         "Where", "Attended"],
        [
            *(
                [v.number, v.client, 1000 + v.client, v.therapist, v.at.date(), v.at.time(), 50,
                 places[v.setting], v.status == "attended"]
                for v in visits()
            ),
            [None, None, None, None, None, None, 3000, None, None],
        ],
        at=2,
    )  # fmt: skip
    sheet(
        "PHQ-9",
        ["Client No", "Course No", "Filled in", *(f"Q{n}" for n in range(1, 10)), "Total"],
        [[1000 + v.client, v.client, v.at, *v.answers, "=SUM(D2:L2)"]
         for v in visits() if v.status == "attended"],
    )  # fmt: skip
    hidden = book.add_worksheet("Lists")
    hidden.write_row(0, 0, ["Completed", "Dropped out"])
    hidden.hide()
    book.close()
    return folder


def _first(client: int) -> date:
    return min(visit.at for visit in visits() if visit.client == client).date()


def _last(client: int) -> date:
    return max(visit.at for visit in visits() if visit.client == client).date()


def _us(day: date) -> str:
    return day.strftime("%m/%d/%Y")


def _de(day: date) -> str:
    return day.strftime("%d.%m.%Y")


def _stamp(day: date) -> str:
    return day.strftime("%Y-%m-%d %H:%M:%S.000")


def _lines(
    path: Path,
    delimiter: str,
    header: Sequence[str],
    rows: Iterator[list[str]] | list[list[str]],
    *,
    encoding: str = "utf-8",
    newline: str = "\n",
) -> None:
    def cell(text: str) -> str:
        return f'"{text}"' if delimiter in text else text

    lines = [delimiter.join(cell(each) for each in row) for row in [list(header), *rows]]
    path.write_bytes((newline.join(lines) + newline).encode(encoding))
