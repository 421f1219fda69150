"""How a clinic governs its reports: follow-ups, retention, release and the gates before it.

`[safety]`, `[retention]`, `[release]` and `[public]` of `clinic.toml`.
"""

from dataclasses import dataclass

from pipelines.toml_sections import Sections

SAFETY_ACTION_DAYS = 2
PUBLIC_POLICY = "nhs_england"


@dataclass(frozen=True)
class GovernanceSettings:
    """The settings of those sections.

    Units: `safety_action_days` days after the day of a risk answer in which an action is in time;
    0 is that day alone. `second_person`: a release needs two people. `retention_years`: for how
    long deliveries are to be kept; 0 where no period is set. `public_policy`: by which policy of
    `data_contracts/disclosure/` small numbers of the public page are hidden and rounded.
    """

    safety_action_days: int = SAFETY_ACTION_DAYS
    second_person: bool = False
    retention_years: int = 0
    public_policy: str = PUBLIC_POLICY

    @property
    def digest_text(self) -> str:
        """Changes with every setting that a figure depends on."""
        return repr([self.safety_action_days, self.retention_years, self.public_policy])


def read_governance_settings(sections: Sections) -> GovernanceSettings:
    """What the file says of them, with defaults for what it leaves out.

    Raises: SettingsError naming the key, what it must be, and what to do.
    """
    safety, release = sections.section("safety"), sections.section("release")
    retention, public = sections.section("retention"), sections.section("public")
    found = GovernanceSettings(
        safety_action_days=safety.take_number("action_days", int, SAFETY_ACTION_DAYS, least=0),
        second_person=release.take("second_person", bool, False),
        retention_years=retention.take_number("years", int, 0, least=0),
        public_policy=public.take("policy", str, PUBLIC_POLICY),
    )
    for section in (safety, release, retention, public):
        section.refuse_leftovers()
    return found
