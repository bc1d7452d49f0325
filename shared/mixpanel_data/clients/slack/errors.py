"""The meaning of Slack's error answers: one status and one error code become one outcome."""

import re
from collections.abc import Mapping
from typing import Any

from mixpanel_data.clients.retries import retry_after_seconds
from mixpanel_data.clients.slack.outcomes import Cause, Limited, NotSent, Refused, Unknown

# Without a readable Retry-After: Slack takes about one message a second and channel.
_USUAL_WAIT_SECONDS = 1.0
_CODE = re.compile(r"[a-z][a-z0-9_]{1,79}")
_DETAIL_CHARACTERS = 300

# Slack's error codes: https://docs.slack.dev/reference/methods/chat.postMessage, …/chat.update,
# …/files.completeUploadExternal and https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks.
_CODES: Mapping[Cause, str] = {
    Cause.DESTINATION: """
        channel_not_found not_in_channel is_archived channel_is_archived is_inactive user_not_found no_permission
        action_prohibited posting_to_general_channel_denied cannot_dm_bot messages_tab_disabled
        external_channel_migrating slack_connect_file_upload_sharing_blocked method_not_supported_for_channel_type
        not_in_channel_or_dm team_not_found""",
    Cause.MESSAGE: """
        invalid_blocks invalid_blocks_format msg_blocks_too_long msg_too_long no_text invalid_payload
        invalid_attachments too_many_attachments invalid_metadata_format invalid_metadata_schema metadata_too_large
        metadata_must_be_sent_from_app invalid_arguments invalid_arg_name invalid_array_arg invalid_post_type
        invalid_form_data invalid_json json_not_object message_not_found cant_update_message edit_window_closed
        block_mismatch cant_broadcast_message cannot_reply_to_message thread_not_found markdown_text_conflict
        as_user_not_supported file_not_found file_deleted invalid_channel malformed_arguments""",
    Cause.CREDENTIAL: """
        invalid_auth not_authed account_inactive token_revoked token_expired missing_scope not_allowed_token_type
        access_denied team_access_not_granted ekm_access_denied enterprise_is_restricted org_login_required
        two_factor_setup_required accesslimited no_service no_active_hooks no_service_id no_team team_disabled
        invalid_token app_missing_action_url""",
}
_CAUSES = {code: cause for cause, codes in _CODES.items() for code in codes.split()}
_RATE_CODES = ("ratelimited", "rate_limited")
# "It's possible some aspect of the operation succeeded before the error was raised", as Slack says of the first two.
_UNCLEAR_CODES = ("fatal_error", "internal_error", "service_unavailable", "update_failed", "rollup_error")


def not_sent(status: int, headers: Mapping[str, str], answer: Mapping[str, Any]) -> NotSent:
    """Return what an answer other than a success means for the message."""
    error = str(answer.get("error") or "")
    code = error if _CODE.fullmatch(error) else ""
    if status == 429 or code in _RATE_CODES:
        return Limited(_wait_seconds(headers))
    if status >= 500 or status == 408 or code in _UNCLEAR_CODES:
        return Unknown(f"Slack answered {status} {code}".strip())
    if code:
        return Refused(code, _cause(code), _detail(answer))
    if status < 300:
        return Unknown(f"Slack answered {status} with a body that is not Slack's")
    return Refused(f"HTTP {status}")


def _cause(code: str) -> Cause:
    # restricted_action_read_only_channel, …_thread_only_channel and others.
    if code.startswith("restricted_action"):
        return Cause.DESTINATION
    return _CAUSES.get(code, Cause.OTHER)


def _detail(answer: Mapping[str, Any]) -> str:
    """Return the scope that is missing, or what is wrong with which block; never the text of the message."""
    needed = answer.get("needed")
    metadata = answer.get("response_metadata")
    messages = metadata.get("messages") if isinstance(metadata, Mapping) else None
    details = [f"needs {needed}"] if needed else map(str, messages or ())
    return "; ".join(details)[:_DETAIL_CHARACTERS]


def _wait_seconds(headers: Mapping[str, str]) -> float:
    # slack-sdk hands over headers as a plain dict, with the names as they were sent.
    value = next((str(value) for name, value in headers.items() if name.lower() == "retry-after"), "")
    seconds = retry_after_seconds(value)
    return _USUAL_WAIT_SECONDS if seconds is None else seconds
