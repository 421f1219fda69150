"""What the demo's clinic has decided, so that its reports show every rule that waits for a clinic.

An unverified figure is never applied by itself. This clinic has switched on those of the HEDIS
measures and a convention of early response, each with a citation that says it is made up: a real
clinic cites what it has read.
"""

from datetime import timedelta

from pipelines.demo.clinic import DemoOptions
from pipelines.demo.timeline import Timeline
from pipelines.instruments.measures import measure_tables

REFERENCE_MONTHS = 12
HEDIS = ("dms_e", "drr_e", "dsf_e")
_CITATION = "made up for the demo: here a clinic cites what it has read"
_EARLY_RESPONSE = f"""
# A convention that this clinic has decided on; without these lines no response is called early.
[windows]
early_response_share = 0.2
early_response_weeks = 4
early_response_source = "{_CITATION}"
"""
_REFERENCE_PERIOD = """
# The clinic's first year: its first scores give the SDs of rules that nobody has published.
[reference_period]
starts_on = {starts_on}
ends_on = {ends_on}
set_on = {set_on}
"""
_MEASURES = """
# Figures of quality measures that nobody has verified, which this clinic has switched on.
"""
_MEASURE = """\
[[measures]]
id = "{measure_id}"
figure = "{figure}"
source = "{source}"
decided_on = {decided_on}
"""


def clinic_decisions(options: DemoOptions) -> str:
    """The lines of the clinic's settings.

    The first year is the frozen reference period, where the demo is longer than that.
    """
    timeline = Timeline.ending(options.as_of_month, options.months)
    ends_on = timeline.day(int(timeline.month_starts[min(REFERENCE_MONTHS, options.months)]) - 1)
    period = _REFERENCE_PERIOD.format(
        starts_on=timeline.first_month, ends_on=ends_on, set_on=ends_on + timedelta(days=1)
    )
    measures = (
        _MEASURE.format(
            measure_id=row["measure_id"],
            figure=row["figure"],
            source=_CITATION,
            decided_on=timeline.first_month,
        )
        for row in measure_tables()["ref_measures"].to_dicts()
        if row["measure_id"] in HEDIS and not row["is_active"]
    )
    return "".join(
        (
            _EARLY_RESPONSE,
            period if options.months > REFERENCE_MONTHS else "",
            _MEASURES,
            "\n".join(measures),
        )
    )
