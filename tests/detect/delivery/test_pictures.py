"""A reported incident has a picture in its alert, and never instead of it."""

import io

import pytest
from PIL import Image

from mixpanel_data.detect.messages.wording.alert import MOST_IN_FULL
from mixpanel_data_standins.slack import ALL_SCOPES
from support.detector_world import DetectorWorld, DetectorWorlds, at

STORM = 4 * MOST_IN_FULL


def pictures(world: DetectorWorld) -> list[str]:
    """The ids of the files that messages show, in order."""
    blocks = [block for message in world.messages for block in message.blocks]
    return [block["slack_file"]["id"] for block in blocks if block["type"] == "image"]


def test_the_picture_of_an_incident_is_in_its_alert(world: DetectorWorld) -> None:
    world.burst("Purchase", "12:06")
    world.step("12:10")
    (file_id,) = pictures(world)
    file = world.slack.files[file_id]
    assert file.title == "Purchase"
    assert file.alt_text == "Purchase, events by minute: 240 events in 3 min, 18 expected"
    with Image.open(io.BytesIO(file.content or b"")) as image:
        assert image.format == "PNG"
        assert len(image.convert("RGB").getcolors(1 << 20) or []) > 3


def test_an_updated_alert_has_one_picture_as_of_the_update(world: DetectorWorld) -> None:
    world.burst("Purchase", "12:06", 12)
    world.steps("12:10", "12:25")
    (alert,) = world.posts
    assert len(alert.updates) > 0
    assert len(pictures(world)) == 1
    assert pictures(world) == [max(world.slack.files)]


def test_without_the_scope_for_files_the_alert_is_sent_all_the_same(world: DetectorWorld) -> None:
    world.slack.scopes = ALL_SCOPES - {"files:write"}
    world.burst("Purchase", "12:06")
    result = world.step("12:10")
    assert (result.notified, result.undelivered, len(world.posts), pictures(world)) == (1, 0, 1, [])
    assert "the same hour the day before" in world.posts[0].all_text


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
