"""Which sentence follows from which figures: the rules, in one place.

A rule looks at figures and their uncertainty and picks a text of the catalogue; it never looks at
whose figures they are, and good and bad news go through the same rules.
"""

from dataclasses import dataclass, replace
from decimal import Decimal

from pipelines.comparison.spc import CANNOT_TELL, FALLEN, NO_CLEAR_CHANGE, RISEN
from pipelines.reporting.figures.figures import Record
from pipelines.reporting.model import Sentence
from pipelines.reporting.wording import Wording

# Below this share of measured courses a sentence leads with the bounds.
MEASURED_MINIMUM = Decimal("0.70")
# An interval wider than this says no more than its two ends.
WIDE_INTERVAL = Decimal("0.20")

PLAIN = "plain"
WIDE = "wide"
# As wide, but of enough courses to be compared and judged.
BROAD = "broad"
# Under 70 % measured: what leads is what the others leave open, or chance where that is wider.
BOUNDS = "bounds"
CHANCE = "chance"
TOO_FEW = "too_few"
WITHHELD = "withheld"
NOTHING = "nothing"

VERDICTS = (RISEN, FALLEN, NO_CLEAR_CHANGE, CANNOT_TELL)


@dataclass(frozen=True)
class Share:
    """A share with its counts and its doubt, all as published.

    `n_all`, `measured_rate`, `worst`, `best`: the courses that should have been measured, the share
    that was, and what the share would be if all the others had failed, or succeeded. `of_known`:
    the share of those measured, where the share itself counts the others as failed. `n_people`:
    by how many people the share is judged to be over too few, where `n` counts what they did.
    """

    x: int | None
    n: int | None
    rate: float | None
    lower: float | None
    upper: float | None
    n_all: int | None = None
    measured_rate: float | None = None
    worst: float | None = None
    best: float | None = None
    is_withheld: bool = False
    of_known: "Share | None" = None
    n_people: int | None = None

    @property
    def width(self) -> Decimal:
        """The interval's width, exactly as its ends are written."""
        return Decimal(str(self.upper)) - Decimal(str(self.lower))


@dataclass(frozen=True)
class Usual:
    """The usual range of a chart, as words: its ends, and the periods that it rests on."""

    lower: str
    upper: str
    basis: str


@dataclass(frozen=True)
class Minimums:
    """From how many courses on there is a rate, and a comparison."""

    rate: int
    comparison: int


def share_of(
    row: Record | None,
    *,
    count: str,
    denominator: str,
    rate: str,
    everybody: str = "",
    bounds: str = "",
    measured: str = "",
    people: str = "",
) -> Share:
    """The share in these columns of a published row; an empty one where there is no row."""
    if row is None:
        return Share(x=None, n=None, rate=None, lower=None, upper=None)
    withheld = set((row["withheld_figures"] or "").split(";"))
    return Share(
        x=row[count],
        n=row[denominator],
        rate=row[rate],
        lower=row[f"{rate}_lower"],
        upper=row[f"{rate}_upper"],
        n_all=row[everybody] if everybody else None,
        measured_rate=row[measured] if measured else None,
        worst=row[f"{bounds}_worst"] if bounds else None,
        best=row[f"{bounds}_best"] if bounds else None,
        n_people=row[people] if people else None,
        is_withheld=bool({count.removeprefix("n_"), denominator.removeprefix("n_")} & withheld),
    )


def better_share(row: Record | None) -> Share:
    """Reliably better, of measured."""
    return share_of(
        row,
        count="n_improved",
        denominator="n_paired",
        rate="improved_rate",
        everybody="n_finished",
        measured="paired_rate",
        bounds="improved_rate",
    )


def worse_share(row: Record | None) -> Share:
    """Reliably worse, of measured. Its bounds follow from the published counts."""
    share = share_of(
        row,
        count="n_deteriorated",
        denominator="n_paired",
        rate="deteriorated_rate",
        everybody="n_finished",
        measured="paired_rate",
    )
    if share.x is None or share.n is None or not share.n_all or share.rate is None:
        return share
    missing = max(0, share.n_all - share.n)
    return replace(share, worst=share.x / share.n_all, best=(share.x + missing) / share.n_all)


def recovered_share(row: Record | None) -> Share:
    """Recovered, of measured courses above the threshold at first."""
    return share_of(row, count="n_recovered", denominator="n_case", rate="recovered_rate")


def nhs_recovered_share(row: Record | None) -> Share:
    """Recovered by the NHS rule, of finished courses not known to have started below.

    The published share counts what is not known as not recovered, and so is its own worst case.
    """
    share = share_of(
        row,
        count="n_recovered",
        denominator="n_case_or_unknown",
        rate="recovered_rate",
        everybody="n_case_or_unknown",
        measured="recovery_known_rate",
    )
    if row is None:
        return share
    of_known = share_of(
        row, count="n_recovered", denominator="n_recovery_known", rate="recovered_of_known_rate"
    )
    return replace(share, worst=share.rate, best=row["recovered_rate_best"], of_known=of_known)


def measured_share(row: Record | None) -> Share:
    """Measured at start and end on at least one listed measure, of finished courses."""
    return share_of(row, count="n_paired_any", denominator="n_finished", rate="paired_any_rate")


def paired_share(row: Record | None) -> Share:
    """Measured at start and end on one measure, of the finished courses that are meant to be."""
    return share_of(row, count="n_paired", denominator="n_finished", rate="paired_rate")


def reading(share: Share, minimums: Minimums) -> str:
    """What may be said about a share, and with what it is told first, by its numbers alone."""
    if share.is_withheld:
        return WITHHELD
    if share.n is None or (share.n == 0 and not share.n_all):
        return NOTHING
    if (share.n if share.n_people is None else share.n_people) < minimums.rate:
        return TOO_FEW
    if share.rate is None or share.lower is None or share.upper is None:
        # Enough courses and no rate: nobody published what would count.
        return NOTHING
    has_bounds = share.worst is not None and share.best is not None
    if has_bounds and share.measured_rate is not None and is_under_measured(share.measured_rate):
        return CHANCE if _is_chance_wider(share) else BOUNDS
    return WIDE if is_wide(share, minimums) else PLAIN


def is_under_measured(measured_rate: float) -> bool:
    """Whether so few were measured that the bounds come first and comparisons are left out."""
    return Decimal(str(measured_rate)) < MEASURED_MINIMUM


def _is_chance_wider(share: Share) -> bool:
    """Whether chance leaves more open than the people without a score, who then do not lead.

    Their bounds do not allow for chance: where they are the narrower range, a reader would take
    them for the whole doubt. Not of a share that counts them as failed: its interval is another's.
    """
    if share.of_known is not None or share.worst is None or share.best is None:
        return False
    return share.width > Decimal(str(share.best)) - Decimal(str(share.worst))


def is_wide(share: Share, minimums: Minimums) -> bool:
    """Whether the interval says more than the figure: few courses, or over 20 points wide."""
    return (share.n or 0) < minimums.comparison or share.width > WIDE_INTERVAL


def width_key(share: Share, minimums: Minimums) -> str:
    """How the doubt of a share is worded: enough courses for a verdict never are too few to say."""
    if not is_wide(share, minimums):
        return PLAIN
    return WIDE if (share.n or 0) < minimums.comparison else BROAD


def figure_words(share: Share, minimums: Minimums, words: Wording) -> str:
    """The share with its counts and its interval; only where it has a rate."""
    assert share.rate is not None
    assert share.lower is not None
    assert share.upper is not None
    return words.say(
        f"figure.{width_key(share, minimums)}",
        rate=words.percent(share.rate, n=share.n),
        x=words.count(share.x or 0),
        n=words.count(share.n or 0),
        lower=words.percent(share.lower, n=share.n),
        upper=words.percent(share.upper, n=share.n),
    )


def extremes(share: Share, words: Wording) -> tuple[str, str] | None:
    """The share had all without a score failed, or succeeded; None where both read the same."""
    if share.worst is None or share.best is None:
        return None
    worst, best = bounds_words(share, words).values()
    return None if worst == best else (worst, best)


def bounds_words(share: Share, words: Wording) -> dict[str, str]:
    """What the share is at worst and at best, as texts take them; only where it has both."""
    assert share.worst is not None
    assert share.best is not None
    return {
        "worst": words.percent(share.worst, n=share.n_all),
        "best": words.percent(share.best, n=share.n_all),
    }


def share_sentences(
    share: Share,
    *,
    topic: str,
    measure: str,
    period: str,
    verdict: str | None,
    period_kind: str,
    minimums: Minimums,
    words: Wording,
    link: str = "",
    usual: Usual | None = None,
) -> list[Sentence]:
    """One sentence about a share, two where few were measured, none where it has nothing.

    `topic` is better, worse or recovered. `verdict` is that of the chart, or None where no chart
    stands behind it; `usual` is the chart's range.
    """
    kind = reading(share, minimums)
    subject = words.say(f"topic.{topic}", measure=measure)
    if kind == NOTHING:
        return []
    if kind == WITHHELD:
        text = words.say("sentence.share.withheld", topic=subject, period=period)
        return [Sentence(text, WITHHELD, link)]
    if kind == TOO_FEW:
        text = words.say(
            f"sentence.share.too_few.{topic}",
            topic=subject,
            period=period,
            k=words.count(share.n or 0),
            n=words.count(share.n_all if share.n_all is not None else share.n or 0),
        )
        return [Sentence(text, TOO_FEW, link)]
    values = {
        "topic": subject,
        "period": period,
        "figure": figure_words(share, minimums, words),
        **noise_words(period_kind, words),
    }
    said = verdict if verdict in VERDICTS else "none"
    values["usual"] = usual_words(usual, said, words)
    if kind == CHANCE:
        lead = words.say(f"sentence.share.{said}", **values)
        return [Sentence(f"{lead} {_unmeasured(share, words)}", f"{CHANCE}.{said}", link)]
    if kind == BOUNDS:
        lead = words.say(
            f"sentence.share.bounds.{topic}",
            measure=measure,
            period=period,
            **bounds_words(share, words),
        )
        among = share.of_known
        if among is None:
            follow = words.say(f"sentence.share.among_measured.{said}", **values)
            return [Sentence(f"{lead} {follow}", f"{BOUNDS}.{said}", link)]
        # The series is of the share over all, so its verdict is none about those measured.
        if among.rate is None:
            return [Sentence(lead, f"{BOUNDS}.none", link)]
        values["figure"] = figure_words(among, minimums, words)
        follow = words.say("sentence.share.among_measured.none", **values)
        return [Sentence(f"{lead} {follow}", f"{BOUNDS}.none", link)]
    return [Sentence(words.say(f"sentence.share.{said}", **values), f"{kind}.{said}", link)]


def worse_too(
    share: Share,
    *,
    verdict: str | None,
    minimums: Minimums,
    words: Wording,
    usual: Usual | None = None,
) -> str:
    """The share reliably worse, in short, behind the sentence about the share better.

    Empty where it needs a sentence of its own: it signals, or it has no figure.
    """
    kind = reading(share, minimums)
    if verdict in (RISEN, FALLEN) or kind in (NOTHING, WITHHELD, TOO_FEW):
        return ""
    figure = figure_words(share, minimums, words)
    if kind == BOUNDS:
        return words.say("sentence.worse_too.bounds", **bounds_words(share, words), figure=figure)
    said = verdict if verdict in VERDICTS else "none"
    short = usual_words(usual, said, words, key="short")
    text = words.say(f"sentence.worse_too.{said}", figure=figure, usual=short)
    return f"{text} {_unmeasured(share, words)}" if kind == CHANCE else text


def _unmeasured(share: Share, words: Wording) -> str:
    """What the people without a score leave open, behind a range of chance that is wider."""
    return words.say(
        "sentence.share.unmeasured",
        lower=words.percent(share.lower or 0, n=share.n),
        upper=words.percent(share.upper or 0, n=share.n),
        **bounds_words(share, words),
    )


def usual_words(usual: Usual | None, said: str, words: Wording, *, key: str = "") -> str:
    """The range that a word about change compares with; empty where none is said."""
    if usual is None or said not in (RISEN, FALLEN, NO_CLEAR_CHANGE):
        return ""
    key = key or ("within" if said == NO_CLEAR_CHANGE else "beside")
    return words.say(f"usual.{key}", lower=usual.lower, upper=usual.upper, basis=usual.basis)


def measured_percent(rate: float, words: Wording, *, n: int | None) -> str:
    """A share of measured courses, so that under 70 % never reads as 70 %."""
    text = words.percent(rate, n=n)
    minimum = words.percent(MEASURED_MINIMUM, n=None)
    if not is_under_measured(rate) or text not in (minimum, words.percent(MEASURED_MINIMUM, n=n)):
        return text
    finer = words.say("number.percent", value=words.decimal(Decimal(str(rate)) * 100))
    if finer != words.say("number.percent", value=words.decimal(MEASURED_MINIMUM * 100)):
        return finer
    return words.say("number.just_under", value=minimum)


def noise_words(period_kind: str, words: Wording) -> dict[str, str]:
    """How the catalogue calls the periods of a chart, and the noise between them."""
    kind = "quarter" if period_kind == "quarter" else "month"
    return {
        "noise": words.say(f"period.{kind}_noise"),
        "periods": words.say(f"period.{kind}s_word"),
    }


def measured_sentence(
    share: Share,
    *,
    period: str,
    minimums: Minimums,
    words: Wording,
    link: str = "",
) -> Sentence:
    """How many finished courses are in the outcome figures."""
    kind = reading(share, minimums)
    x, n = share.x or 0, share.n or 0
    if kind in (WITHHELD, NOTHING, TOO_FEW):
        key = {WITHHELD: "withheld", NOTHING: "none", TOO_FEW: "too_few"}[kind]
    else:
        key = "all" if x == n else "plain"
    text = words.say(
        f"sentence.measured.{key}",
        x=words.count(x),
        n=words.count(n),
        rest=words.count(n - x),
        rate="" if share.rate is None else measured_percent(share.rate, words, n=n),
        period=period,
    )
    return Sentence(text, f"measured.{kind}", link)
