"""Bodies that concern the organization as such and its keys, and the commands they ask for."""

from typing import Literal

from pydantic import Field

from domain import calendar, policy
from domain.calendar import Calendar
from domain.policy import MissingData, Policy, ProfileShare
from domain.values import KpiId, NodeId
from services.api.values import Code, Day, Instant, Name, Number, Strict, Text
from services.founding import Founding
from services.keys import WantedKey
from tenants.access import Role, Scope
from tenants.organization.commands import SetPolicy
from tenants.organization.keys import KPIS_PER_KEY_MAX


class CalendarBody(Strict):
    """The fiscal calendar: quarters, halves and years start in `start_month`; days end in `time_zone`."""

    start_month: int = Field(default=1, ge=1, le=12, description="1 is January")
    year_named_by: Literal["start", "end"] = Field(
        default="end", description="whether a fiscal year is named by the civil year in which it starts or ends"
    )
    time_zone: str = Field(default="UTC", min_length=1, max_length=100, examples=["Europe/Paris"])

    def value(self) -> Calendar:
        return calendar.checked(Calendar(self.start_month, self.year_named_by, self.time_zone))


class OrganizationBody(Strict):
    """A new organization."""

    code: Code
    name: Name
    calendar: CalendarBody | None = None

    def value(self) -> Founding:
        return Founding(self.code, self.name, None if self.calendar is None else self.calendar.value())


class RenamingBody(Strict):
    """A new name."""

    name: Name


class BandBody(Strict):
    """A status band from `lower` up to the next band's lower bound."""

    name: Name
    lower: Number


class ShareBody(Strict):
    """The share of weight a perspective is meant to have."""

    perspective: Code
    share: Number


class PolicyBody(Strict):
    """The whole policy anew from a date; what is left out gets its default."""

    effective_from: Day
    missing_data: MissingData = MissingData.PROPORTIONAL
    minimum_coverage: Number = Policy().minimum_coverage
    bands: list[BandBody] = Field(
        default_factory=lambda: [BandBody(name=band.name, lower=band.lower) for band in policy.DEFAULT_BANDS],
        description="red from 0, amber from 50, green from 70 if left out",
        min_length=1,
        max_length=policy.BANDS_MAX,
    )
    carry_forward_max_periods: int = Field(default=0, ge=0, le=policy.CARRY_FORWARD_PERIODS_MAX)
    reporting_lag_days: int = Field(default=10, ge=0, le=policy.REPORTING_LAG_DAYS_MAX)
    grace_days: int = Field(default=10, ge=0, le=policy.GRACE_DAYS_MAX)
    lead_share: Number = Policy().lead_share
    balance_profile: list[ShareBody] = Field(default=[], max_length=100)
    restatement: bool = False
    reason: Text | None = None

    def command(self) -> SetPolicy:
        return SetPolicy(self._policy(), self.effective_from, self.restatement, self.reason)

    def _policy(self) -> Policy:
        return Policy(
            missing_data=self.missing_data,
            minimum_coverage=self.minimum_coverage,
            bands=tuple(policy.Band(band.name, band.lower) for band in self.bands),
            carry_forward_max_periods=self.carry_forward_max_periods,
            reporting_lag_days=self.reporting_lag_days,
            grace_days=self.grace_days,
            lead_share=self.lead_share,
            balance_profile=tuple(ProfileShare(NodeId(each.perspective), each.share) for each in self.balance_profile),
        )


class KeyBody(Strict):
    """A new key: no scopes means all of the role, no KPIs all KPIs; without a principal it acts for a new one."""

    name: Name
    role: Role
    scopes: list[Scope] = Field(default=[], max_length=len(Scope))
    kpis: list[Code] = Field(default=[], max_length=KPIS_PER_KEY_MAX)
    expires_at: Instant | None = None
    principal: Code | None = Field(default=None, description="whom the key acts for; give it to replace a key")

    def value(self) -> WantedKey:
        return WantedKey(
            self.name,
            self.role,
            frozenset(self.scopes),
            frozenset(KpiId(kpi) for kpi in self.kpis),
            self.expires_at,
            self.principal,
        )
