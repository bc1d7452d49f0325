"""The collector with its Mixpanel client."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from mixpanel_data import collect
from mixpanel_data.clients.mixpanel import Mixpanel, Region
from mixpanel_data.configuration.settings import Settings, TimeBasis
from mixpanel_data.wiring.credentials import mixpanel_credentials
from mixpanel_data.wiring.files import events_config
from mixpanel_data.wiring.origin import origin
from mixpanel_data.wiring.session import Call, Session


def run(request: collect.Request, session: Session, call: Call) -> collect.Result:
    """Run the collector. Raises ConfigError if credentials are missing, and what `collect.run` raises."""
    mixpanel = session.client(Mixpanel, lambda: mixpanel_client(session.settings))
    return collect.run(
        request,
        run_id=call.run_id,
        mixpanel=mixpanel.within(call.deadline),
        warehouse=session.warehouse.within(call.deadline, collect.Request.job),
        events=events_config(session.settings),
        options=_options(session.settings),
        clock=call.clock,
    )


def _options(settings: Settings) -> collect.Options:
    exports_wall_clock = settings.mixpanel_time_basis is TimeBasis.PROJECT
    return collect.Options(
        zone=settings.mixpanel_timezone if exports_wall_clock else ZoneInfo("UTC"),
        lookback_days=settings.collector_lookback_days,
        overlap=timedelta(minutes=settings.collector_overlap_minutes),
        short_overlap=timedelta(minutes=settings.collector_short_overlap_minutes),
        reread_days=settings.collector_reread_days,
        retention_days=settings.collector_retention_days,
        calls_per_hour=settings.mixpanel_calls_per_hour,
        origin=origin(settings),
    )


def mixpanel_client(settings: Settings) -> Mixpanel:
    """The project's client. Raises ConfigError naming the credential that is missing."""
    return Mixpanel(mixpanel_credentials(settings), Region(settings.mixpanel_region), settings.mixpanel_base_url)
