"""Which tables a file gives, by what its columns mean, and the cells of each.

TODO in a text asks the person who finishes the draft: see draft.py.
"""

from collections.abc import Callable, Sequence

from pipelines.drafting.column_facts import Column
from pipelines.drafting.guess import WideForm, letters, total_of, vocabulary
from pipelines.drafting.tables import Writer, word

_STAFF = ("clinician", "therapist", "practitioner", "provider", "staff", "counsel", "therapeut")
_GUESSED = "  # TODO: sure? the export does not say"
_SETTING = "{constant: in_person}" + _GUESSED


def write_tables(
    writer: Writer, file_name: str, columns: Sequence[Column], forms: Sequence[WideForm]
) -> None:
    """The tables of a file whose rows are no questionnaires in wide rows."""
    is_form = writer.has("item", "value") or writer.has("instrument_id", "total_score")
    if is_form and not forms:
        _responses(writer)
    elif _is_visits(writer) and not forms:
        _sessions(writer)
    elif writer.has("episode_id", "client_id") and not forms:
        _episodes(writer)
    elif _is_staff(writer, file_name):
        _therapists(writer, columns)
    elif writer.has("client_id") and not forms:
        _clients(writer)
        if is_list_of_courses(writer.has):
            _courses(writer)


def is_list_of_courses(has: Callable[..., bool]) -> bool:
    """Whether a file lists clients with the beginning and end of the one course that each has."""
    is_other = has("session_id") or has("episode_id")
    begins = has("started_on") or has("referred_on") or has("registered_on")
    return has("client_id", "ended_on", "therapist_id") and begins and not is_other


def write_forms(writer: Writer, forms: Sequence[WideForm], columns: Sequence[Column]) -> None:
    """The questionnaires in wide rows."""
    by_name = {column.name: column for column in columns}
    for form in forms:
        has_words = any(not by_name[name].is_whole for name in form.columns)
        known = ", ".join(f"{word(o)}: {to}" for o, to in vocabulary()["codes"]["answers"].items())
        todo = "  # TODO: these are the words of PHQ-9 and GAD-7; correct them for another form"
        writer.form(
            form,
            f"{{{known}}}{todo}" if has_words else "",
            {
                "response_id": writer.cell("response_id"),
                "client_id": writer.id("client_id"),
                "episode_id": _episode_of(writer),
                "administered_at": _moment(writer),
                "total_score": _total(writer, form, forms, columns),
            },
        )


def _total(
    writer: Writer, form: WideForm, forms: Sequence[WideForm], columns: Sequence[Column]
) -> str | None:
    """The total that is named for the form; beside others a column just called total is none's."""
    column = total_of(form, columns)
    if column is not None:
        return writer.total(column)
    return writer.number("total_score") if len(forms) == 1 else None


def is_usable(writer: Writer, forms: Sequence[WideForm]) -> bool:
    """Whether forms in wide rows say whose they are and when they were filled in."""
    return bool(forms) and writer.has("client_id") and _has_moment(writer)


def _is_visits(writer: Writer) -> bool:
    """Whether nearly every row is another visit, and not something that belongs to one.

    Without a number of the visit: a client's many rows, each with a day and how it went.
    """
    if not writer.has("starts_at"):
        return False
    if not writer.has("session_id"):
        is_told = writer.has("client_id", "status") or writer.has("client_id", "time")
        client = writer.guesses["client_id"].column if is_told else None
        return client is not None and client.n_values <= 0.5 * client.n_filled
    column = writer.guesses["session_id"].column
    is_key = column.n_values >= 0.9 * column.n_filled
    return is_key and (writer.has("client_id") or writer.has("episode_id"))


def _visit_id(writer: Writer) -> str | None:
    """The visit's number, or where it has none an id made of the client and the moment."""
    return writer.cell("session_id") or writer.id_of(("client_id", "starts_at", "time"), "S-")


def _has_moment(writer: Writer) -> bool:
    return writer.has("administered_at") or writer.has("starts_at")


def _moment(writer: Writer, *, take: str = "") -> str | None:
    meaning = "administered_at" if writer.has("administered_at") else "starts_at"
    return writer.date(meaning, is_moment=True, take=take)


def _is_staff(writer: Writer, file_name: str) -> bool:
    is_named = any(each in letters(file_name) for each in _STAFF)
    return not writer.has("client_id") and (is_named or writer.has("therapist_id", "employed_from"))


def _episode_of(writer: Writer) -> str | None:
    """The course that a row belongs to: its id, or that of all of a client's rows."""
    if writer.has("episode_id"):
        return writer.cell("episode_id")
    # The export has courses of its own, and this file does not name them.
    return None if writer.export.episode_columns else writer.id("client_id", "E-")


def _clients(writer: Writer) -> None:
    registered = writer.date("registered_on")
    writer.table(
        "clients",
        {
            "client_id": writer.id("client_id"),
            "birth_date": writer.date("birth_date"),
            "sex": writer.codes("sex"),
            "ethnicity": writer.cell("ethnicity"),
            "state": writer.cell("state"),
            "language": writer.cell("language"),
            "registered_on": registered
            or "{constant: 2000-01-01}  # TODO: no column says when a client came; no figure"
            " needs it, but a day before a client's birth turns the row away: take a later one",
        },
    )


def _courses(writer: Writer) -> None:
    """The courses of a list of clients, one each."""
    began = writer.date("started_on") or writer.date("registered_on")
    if not writer.export.visits_have_staff:
        first = writer.date("started_on", take="smallest")
        _staff_of_rows(writer, first or writer.date("registered_on", take="smallest"))
    _programme(writer)
    writer.table(
        "episodes",
        {
            "episode_id": writer.id("client_id", "E-"),
            "client_id": writer.id("client_id"),
            "programme_id": _programme_of(writer),
            "therapist_id": writer.id("therapist_id"),
            "referred_on": writer.date("referred_on") or began or writer.date("registered_on"),
            "started_on": began,
            "ended_on": writer.date("ended_on"),
            "end_reason": writer.codes("end_reason"),
        },
    )


def _programme_of(writer: Writer) -> str | None:
    """The programme of a course: the column that names it, else the one for all."""
    named = writer.guesses.get("programme_id")
    cell = writer.id("programme_id")
    if named is None or cell is None:
        return "{constant: unassigned}"
    if named.column.n_filled == named.column.n_rows:
        return cell
    return cell.partition("  #")[0] + (
        "  # TODO: some rows have none and would be turned away; `default:` gives them one of these"
    )


def _programme(writer: Writer) -> None:
    """The programmes: without its questionnaires no course would count as measured."""
    instruments = writer.export.instruments
    named = writer.guesses.get("programme_id")
    if not instruments and named is None:
        return
    todo = "  # TODO: one programme for all; a column that names several can take its place"
    each = "  # TODO: the questionnaires of all; does each programme have the same?"
    cells = {
        "programme_id": writer.id("programme_id") or "{constant: unassigned}",
        "name": word(named.column.name) if named else "{constant: All clients}" + todo,
        "track": "{constant: general}  # TODO: such as depression, anxiety, trauma_ptsd",
        "modality": "{constant: individual}" + _GUESSED,
        "licence_required": "{constant: false}" + _GUESSED,
        "instruments": f"{{constant: {';'.join(instruments)}}}" + (each if named else "")
        if instruments
        else None,
    }
    if named:
        writer.table("programmes", cells, one_per=[named.column.name])
    else:
        writer.table("programmes", cells, is_distinct=True)


def _therapists(writer: Writer, columns: Sequence[Column]) -> None:
    cells = {"therapist_id": writer.id("therapist_id") or writer.id("name")}
    names = [writer.guesses[one].column.name for one in ("first_name", "name") if writer.has(one)]
    names = names or [
        column.name for column in columns
        if column.has_spaces and column.name not in writer.draft.used
    ][:1]  # fmt: skip
    writer.draft.used.update(names)
    listed = word(names[0]) if len(names) == 1 else f"{{from: [{', '.join(map(word, names))}]}}"
    since = writer.date("employed_from")
    cells["display_name"] = listed if names else cells["therapist_id"]
    cells["discipline"] = writer.cell("discipline")
    cells["employed_from"] = since or "{constant: 2000-01-01}  # TODO: no column says since when"
    cells["employed_to"] = writer.date("employed_to")
    writer.table("therapists", cells)


def _staff_of_rows(writer: Writer, since: str | None) -> None:
    """The clinicians that the rows of visits or courses name, where no file lists them."""
    if "therapists" in writer.export.has or not writer.has("therapist_id"):
        return
    column = writer.guesses["therapist_id"].column.name
    cells = {
        "therapist_id": writer.id("therapist_id"),
        "display_name": word(column),
        "employed_from": since,
    }
    writer.table("therapists", cells, one_per=[column])


def _episodes(writer: Writer) -> None:
    started = writer.date("started_on")
    if not writer.export.visits_have_staff:
        _staff_of_rows(writer, writer.date("started_on", take="smallest"))
    _programme(writer)
    writer.table(
        "episodes",
        {
            "episode_id": writer.cell("episode_id"),
            "client_id": writer.id("client_id"),
            "programme_id": _programme_of(writer),
            "therapist_id": writer.id("therapist_id"),
            "referred_on": writer.date("referred_on") or started,
            "started_on": started,
            "ended_on": writer.date("ended_on"),
            "end_reason": writer.codes("end_reason"),
        },
    )


def _sessions(writer: Writer) -> None:
    _staff_of_rows(writer, writer.date("starts_at", take="smallest"))
    if not writer.export.episode_columns and not writer.export.client_courses:
        _programme(writer)
        meaning = "episode_id" if writer.has("episode_id") else "client_id"
        cells = {
            "episode_id": _episode_of(writer),
            "client_id": writer.id("client_id"),
            "programme_id": _programme_of(writer),
            "therapist_id": writer.id("therapist_id"),
            "referred_on": writer.date("starts_at", take="smallest"),
            "started_on": writer.date("starts_at", take="smallest"),
        }
        writer.table("episodes", cells, one_per=[writer.guesses[meaning].column.name])
    duration = writer.number("duration_minutes")
    if duration is None and writer.has("ends_at") and not writer.has("time"):
        ends = writer.date("ends_at", is_moment=True) or ""
        starts = writer.date("starts_at", is_moment=True) or ""
        if ends.startswith("{") and starts.startswith("{"):
            pair = f"{starts.partition('  #')[0]}, {ends.partition('  #')[0]}"
            duration = f"{{minutes_between: [{pair}]}}"
    writer.table(
        "sessions",
        {
            "session_id": _visit_id(writer),
            "episode_id": _episode_of(writer),
            "therapist_id": writer.id("therapist_id"),
            "scheduled_at": writer.date("starts_at", is_moment=True),
            "duration_minutes": duration or "{constant: 50}" + _GUESSED,
            "setting": writer.codes("setting") or _SETTING,
        },
    )
    if writer.has("client_id"):
        writer.table(
            "attendances",
            {
                "session_id": _visit_id(writer),
                "client_id": writer.id("client_id"),
                "status": writer.codes("status") or "{constant: attended}" + _GUESSED,
            },
        )


def _responses(writer: Writer) -> None:
    """Questionnaires in long rows, one an answer, or totals alone, one a form."""
    is_long = writer.has("item", "value")
    respondent = writer.codes("respondent") or "{constant: client}"
    cells = {
        "response_id": writer.cell("response_id"),
        "client_id": writer.id("client_id"),
        "episode_id": _episode_of(writer),
        "instrument_id": writer.codes("instrument_id"),
        "administered_at": _moment(writer, take="smallest" if is_long else ""),
        "respondent": respondent,
        "total_score": writer.number("total_score"),
    }
    key = writer.guesses.get("response_id")
    if key is None:
        parts = [one for one in ("client_id", "instrument_id", "administered_at", "starts_at")
                 if writer.has(one)]  # fmt: skip
        names = [writer.guesses[one].column.name for one in parts]
        cells["response_id"] = f"{{id_of: [{', '.join(map(word, names))}], prefix: R-}}"
    else:
        names = [key.column.name]
    writer.table("responses", cells, one_per=names if is_long else ())
    if is_long:
        item = writer.guesses["item"].column
        writer.draft.used.add(item.name)
        listed = word(item.name)
        number = listed if item.is_whole else f"{{from: {listed}, extract: '0*([1-9][0-9]*)$'}}"
        writer.table(
            "response_items",
            {"response_id": cells["response_id"], "item": number, "value": writer.number("value")},
        )
