"""A reported incident has a picture in the thread of its alert, and never instead of it."""

import io

import pytest
from PIL import Image

from mixpanel_data.detect.messages.wording.alert import MOST_IN_FULL
from mixpanel_data_standins.slack import ALL_SCOPES, Message
from support.detector_world import DetectorWorld, DetectorWorlds, at

STORM = 4 * MOST_IN_FULL


def pictures(world: DetectorWorld) -> list[Message]:
    return [message for message in world.slack.messages if message.file_id is not None]


def test_the_picture_of_an_incident_is_in_the_thread_of_its_alert(world: DetectorWorld) -> None:
    world.burst("Purchase", "12:06")
    world.step("12:10")
    (alert,), (picture,) = world.posts, pictures(world)
    assert picture.thread_ts == alert.ts
    file = world.slack.files[picture.file_id or ""]
    assert "Purchase" in file.title
    assert "80" in file.alt_text or "240" in file.alt_text
    with Image.open(io.BytesIO(file.content or b"")) as image:
        assert image.format == "PNG"
        assert len(image.convert("RGB").getcolors(1 << 20) or []) > 3


def test_an_incident_has_one_picture_however_long_it_lasts(world: DetectorWorld) -> None:
    world.burst("Purchase", "12:06", 12)
    world.steps("12:10", "12:25")
    assert len(pictures(world)) == 1


def test_without_the_scope_for_files_the_alert_is_sent_all_the_same(world: DetectorWorld) -> None:
    world.slack.scopes = ALL_SCOPES - {"files:write"}
    world.burst("Purchase", "12:06")
    result = world.step("12:10")
    assert (result.notified, result.undelivered, len(world.posts), pictures(world)) == (1, 0, 1, [])


def test_over_a_webhook_an_alert_has_no_picture(world: DetectorWorld) -> None:
    world.burst("Purchase", "12:06")
    world.step("12:10", slack=world.webhook())
    assert (len(world.posts), pictures(world)) == (1, [])


@pytest.mark.parametrize("incidents", [MOST_IN_FULL, STORM])
def test_a_storm_is_one_message_without_pictures(worlds: DetectorWorlds, incidents: int) -> None:
    with worlds({"name": "*", "alert_threshold": 9, "baseline": False, "silence": False}) as world:
        world.clock.at = at("12:10")
        names = [f"Storm {number:02}" for number in range(incidents)]
        world.arrive({(name, at("12:06")): 50 for name in names}, read_until=at("12:10"))
        result = world.detect()
        assert len(result.alerts) == incidents
        (alert,) = world.posts
        assert f"{incidents} events are abnormal" in alert.all_text
        assert len(pictures(world)) == (incidents if incidents <= MOST_IN_FULL else 0)
        assert not world.step("12:15").alerts
        assert len(world.posts) == 1
