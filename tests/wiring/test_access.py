"""The region of a service account is the first one whose server accepts it."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from mixpanel_data import AuthenticationError, QueryError, UnavailableError
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.secret import Secret
from mixpanel_data.clients.mixpanel import Region
from mixpanel_data.wiring.access import ServiceAccount, other_region, region_of, servers
from mixpanel_data_standins.mixpanel import StandInMixpanel
from mixpanel_data_standins.mixpanel.access import Access
from support.query_server import Reply, query_server

ME = "/api/app/me"
ANN = ServiceAccount("sa_ann", Secret("geheim"))
OF_ANN = Access(project_id="42", username="sa_ann", secret="geheim")


@pytest.fixture
def mixpanels() -> Iterator[dict[Region, StandInMixpanel]]:
    """A stand-in for each region; none of them knows Ann yet."""
    with ExitStack() as stack:
        yield {region: stack.enter_context(StandInMixpanel()) for region in Region}


def found(mixpanels: dict[Region, StandInMixpanel], project_id: str = "42") -> Region:
    urls = {region: mixpanel.url for region, mixpanel in mixpanels.items()}
    return region_of(ANN, project_id, urls, Deadline.after(60))


@pytest.mark.parametrize("home", Region)
def test_the_regions_are_asked_in_turn_until_one_accepts_the_account(
    mixpanels: dict[Region, StandInMixpanel], home: Region
) -> None:
    mixpanels[home].access = OF_ANN
    assert found(mixpanels) is home
    asked = [region for region, mixpanel in mixpanels.items() if mixpanel.calls]
    assert asked == list(Region)[: list(Region).index(home) + 1]
    assert {call.path for mixpanel in mixpanels.values() for call in mixpanel.calls} == {"/api/app/me"}


def test_an_account_that_no_region_accepts_is_refused(mixpanels: dict[Region, StandInMixpanel]) -> None:
    with pytest.raises(AuthenticationError) as caught:
        found(mixpanels)
    message = str(caught.value)
    assert message.startswith("Mixpanel refused the service account 'sa_ann' in us, eu, in. Mixpanel answered 401: ")
    assert message.endswith(" Check its user name and its secret.")
    assert message.count("answered") == 1


def test_a_region_that_refuses_for_another_reason_is_named_with_it() -> None:
    with query_server() as us, query_server() as eu:
        us.refuse(ME, 401, "unknown")
        eu.refuse(ME, 403, "no role")
        with pytest.raises(AuthenticationError) as caught:
            region_of(ANN, "42", {Region.US: us.url, Region.EU: eu.url}, Deadline.after(60))
    assert str(caught.value) == (
        "Mixpanel refused the service account 'sa_ann' in us, eu. In us: Mixpanel answered 401: unknown. "
        "Check its user name and its secret. In eu: Mixpanel answered 403: no role. Check the project's number and the "
        "role of the service account."
    )


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (
            Reply("<html>Not here</html>", 302),
            "Mixpanel answered 302: <html>Not here</html>. Check MIXPANEL_BASE_URL (",
        ),
        (Reply({"status": "error", "error": "odd"}), "Mixpanel answered 200: odd. Check MIXPANEL_BASE_URL ("),
        (Reply({}, is_held=True), "127.0.0.1:{port} did not answer in time. Check MIXPANEL_BASE_URL ("),
    ],
    ids=["302", "200", "none"],
)
def test_a_server_that_does_not_answer_the_question_is_named(reply: Reply, said: str) -> None:
    with query_server() as server:
        server.answer(ME, reply)
        with pytest.raises((QueryError, UnavailableError)) as caught:
            region_of(ANN, "42", {Region.US: server.url}, Deadline.after(0.2))
        port = server.url.rpartition(":")[2]
    assert str(caught.value).startswith(said.replace("{port}", port))


def test_the_project_has_to_be_in_the_region_of_the_account(mixpanels: dict[Region, StandInMixpanel]) -> None:
    mixpanels[Region.EU].access = OF_ANN
    with pytest.raises(AuthenticationError, match=r"'sa_ann' in eu, but not for project 7\. It can read '42'\. Give"):
        found(mixpanels, "7")


def test_the_region_that_accepts_an_account_in_place_of_its_own_is_found(
    mixpanels: dict[Region, StandInMixpanel],
) -> None:
    mixpanels[Region.EU].access = OF_ANN
    urls = {region: mixpanel.url for region, mixpanel in mixpanels.items()}
    assert other_region(ANN, "42", Region.US, urls, Deadline.after(60)) is Region.EU
    assert other_region(ANN, "42", Region.EU, urls, Deadline.after(60)) is None


def test_a_base_url_stands_for_all_regions() -> None:
    assert servers("http://127.0.0.1:1") == {Region.US: "http://127.0.0.1:1"}
    assert servers(None) == {
        Region.US: "https://mixpanel.com",
        Region.EU: "https://eu.mixpanel.com",
        Region.IN: "https://in.mixpanel.com",
    }
