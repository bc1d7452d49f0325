"""The identity transition, with the client that merges ids in Mixpanel where a call asks for it."""

from mixpanel_data import identity
from mixpanel_data.clients.mixpanel import Region
from mixpanel_data.clients.mixpanel.merging import Merges
from mixpanel_data.configuration.identity import Identity, IdentityConfig
from mixpanel_data.configuration.settings import Settings
from mixpanel_data.wiring.credentials import mixpanel_credentials
from mixpanel_data.wiring.files import identity_config
from mixpanel_data.wiring.origin import origin
from mixpanel_data.wiring.secrets import secret
from mixpanel_data.wiring.session import Call, Session


def run(request: identity.Request, session: Session, call: Call) -> identity.Result:
    """Run the identity transition. Raises ConfigError if a push has no credential, and what `identity.run` raises."""
    config = identity_config(session.settings)
    return identity.run(
        request,
        run_id=call.run_id,
        warehouse=session.warehouse.within(call.deadline, identity.Request.job),
        config=config,
        merges=_merges(session, call) if _pushes(request, config) else None,
        options=identity.Options(
            call.lease_seconds, origin(session.settings), interval_hours=session.settings.identity_interval_hours
        ),
        clock=call.clock,
        deadline=call.deadline,
    )


def _pushes(request: identity.Request, config: IdentityConfig) -> bool:
    """Whether the call sends merges: the job refuses to push to a simplified project, and needs no client for that."""
    return request.action == "push" and config.identity is Identity.ORIGINAL


def _merges(session: Session, call: Call) -> Merges:
    return session.client(Merges, lambda: merges_client(session.settings)).within(call.deadline)


def merges_client(settings: Settings) -> Merges:
    """The project's client. Raises ConfigError naming the credential that is missing."""
    token = secret(settings.mixpanel_project_token, settings)
    region = Region(settings.mixpanel_region)
    return Merges(mixpanel_credentials(settings), region, token, settings.mixpanel_base_url)
