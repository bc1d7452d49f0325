"""The workload of a plan: given in options, measured in the warehouse, or assumed."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from mixpanel_data.base.clock import utc_now
from mixpanel_data.base.errors import ConfigError, RequestError
from mixpanel_data.cli.base.output import Output

if TYPE_CHECKING:
    from mixpanel_data.configuration.settings import Settings
    from mixpanel_data.costs import Plan, Workload
    from mixpanel_data.costs.measured import Measured
    from mixpanel_data.warehouse.base import Warehouse

WAIT_SECONDS = 60
"""How long a command waits for the warehouse."""

_EVENTS_OF_A_USER = 20
_DAYS_OF_A_USER = 20
_TIB = 2**40
# How a sentence names each figure, in the order of the options.
_TOLD: Mapping[str, str] = {
    "events_per_day": "{:,.0f} events a day",
    "late": "{:.3g}% late",
    "late_days": "late ones from {:,.0f} earlier days",
    "resolved": "{:.3g}% changed later",
    "resolved_days": "those within {:,.0f} days",
    "repeated": "{:.3g}% of the lines twice",
    "names": "{:,.0f} names a day",
    "users_per_day": "{:,.0f} users a day",
    "users": "{:,.0f} users in all",
    "history_days": "{:,.0f} days stored",
}
_SHARES = ("late", "resolved", "repeated")


@dataclass(frozen=True, slots=True)
class Known:
    """A workload, and where its figures come from: those that were given, those that were measured, and defaults."""

    workload: "Workload"
    given: Mapping[str, float]
    measured: "Measured | None"

    @property
    def figures(self) -> Mapping[str, Any]:
        """The figures by name."""
        return {name: value for name, value in asdict(self.workload).items() if name != "widths"}

    @property
    def sources(self) -> Mapping[str, str]:
        """Of each figure, whether it was `given`, `measured` or `assumed`."""
        measured = self.measured.figures if self.measured else {}
        return {
            name: "given" if name in self.given else "measured" if name in measured else "assumed"
            for name in self.figures
        }

    def record(self) -> Mapping[str, Any]:
        """The workload as JSON values; `measured_from` and `measured_to` bound the days of what was measured."""
        window = self.measured.window if self.measured else None
        return {
            **self.figures,
            "sources": self.sources,
            "measured_from": window and f"{window.start:%Y-%m-%d}",
            "measured_to": window and f"{window.end:%Y-%m-%d}",
        }

    def tell(self, output: Output) -> None:
        """Say on stderr which workload it is, and where its figures come from."""
        if self.measured:
            window = self.measured.window
            days = (window.end - window.start).days
            where = f"Measured over {days} whole {'day' if days == 1 else 'days'} from {window.start:%Y-%m-%d} (UTC)"
            self._tell(output, where, "measured")
        self._tell(output, "Given", "given")
        self._tell(output, "Assumed", "assumed")

    def _tell(self, output: Output, where: str, source: str) -> None:
        told = [_told(name, self.figures[name]) for name, found in self.sources.items() if found == source]
        if told:
            output.note(f"{where}: {', '.join(told)}.")


def _told(name: str, value: float) -> str:
    return _TOLD[name].format(100 * value if name in _SHARES else value)


def known(given: Mapping[str, float | None], measured: "Measured | None") -> Known:
    """The workload of the options, completed by what was measured and then by defaults.

    Raises RequestError if nothing says how many events there are.
    """
    from mixpanel_data.costs import Workload

    wanted = {name: value for name, value in given.items() if value is not None}
    figures: dict[str, Any] = {**(measured.figures if measured else {}), **wanted}
    if "events_per_day" not in figures:
        raise RequestError("Nothing says how many events there are. Give --events-per-day, or --from-warehouse.")
    figures.setdefault("users_per_day", math.ceil(figures["events_per_day"] / _EVENTS_OF_A_USER))
    figures.setdefault("users", figures["users_per_day"] * _DAYS_OF_A_USER)
    return Known(Workload(**figures), wanted, measured)


def measured_in(warehouse: "Warehouse") -> "Measured":
    """What the tables tell of the workload. Raises NotFoundError without a whole day, and what the warehouse raises."""
    from mixpanel_data.costs.measured import measure

    return measure(warehouse, utc_now())


def plan_of(workload: "Workload", settings: "Settings") -> "Plan":
    """The plan with the schedules and the settings of this folder. Raises ConfigError without schedules."""
    from mixpanel_data.costs import Choices, plan
    from mixpanel_data.doctor.configuration import SCHEDULES_FILE, schedules

    found = schedules()
    if found is None:
        raise ConfigError(
            f"{SCHEDULES_FILE} is not there, and what a job costs depends on how often it runs. Run mp in the folder "
            "of the project, or copy the file from there."
        )
    return plan(workload, found.schedules, Choices.of(settings))


def usd(count: float, usd_per_tib: float) -> float:
    """What so many bytes cost on demand."""
    return count / _TIB * usd_per_tib
