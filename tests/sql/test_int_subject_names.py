"""The names by which reports call their subjects."""

from tests.sql.text_tables import TextBench


def test_a_name_stands_on_one_line_without_marks_that_turn_what_stands_beside_it(
    clinic: TextBench,
) -> None:
    clinic.fill(
        "stg_therapists",
        [
            {
                "therapist_id": "T-EXAMPLE-1",
                "display_name": "\u202e\tDr\r\nExample\u2069",
                "discipline": "art\ntherapy",
            },
            {
                "therapist_id": "T-EXAMPLE-2",
                "display_name": "Dr\u00a0D\u00e9j\u00e0",
                "discipline": None,
            },
            # Marks alone are no name.
            {"therapist_id": "T-EXAMPLE-3", "display_name": "\u202e\t", "discipline": "\ufeff"},
        ],
    )
    clinic.fill("stg_programmes", [{"programme_id": "P-EXAMPLE", "name": "Anger\u2066\u2029One"}])
    clinic.fill(
        "stg_groups",
        [
            {
                "group_id": "G-EXAMPLE",
                "programme_id": "P-EXAMPLE",
                "name": "\u200fTuesday",
                "lead_therapist_id": "T-EXAMPLE-1",
            }
        ],
    )
    named = {
        row["subject_id"]: (row["name"], row["detail"], row["led_by"])
        for row in clinic.rows("int_subject_names")
        if row["level"] != "clinic"
    }
    assert named == {
        "P-EXAMPLE": ("Anger One", "general", None),
        "T-EXAMPLE-1": ("Dr Example", "art therapy", None),
        "T-EXAMPLE-2": ("Dr\u00a0D\u00e9j\u00e0", None, None),
        "T-EXAMPLE-3": ("T-EXAMPLE-3", None, None),
        "G-EXAMPLE": ("Tuesday", "Anger One", ["Dr Example"]),
    }
