"""Names and values of events that mean something to Slack, to SQL or to a reader."""

from hypothesis import strategies as st

HOSTILE = [
    *("<!channel>", "<!here|here>", "@here", "@channel @everyone", "<@U024BE7LH>", "<#C024BE7LR>", "<!subteam^S0614>"),
    *("`", "``", "```", "`code`", "a```\nb", "\n", "\r\n", "\u2028", "\x00", "\x1b[31m", "\u202eevil", "\ud800", " "),
    *("&amp;", "&lt;!channel&gt;", "<https://evil.example|Runbook>", "https://evil.example", "*bold*", "_i_", "~s~"),
    *("'", "''", "\\", "\\'", "' OR 1=1 --", '"', "*/", ":bomb:", "", "x" * 2000, "&" * 700, "<" * 300, "😀" * 700),
    *("ann@example.com", "🇫🇷", "a\u0301" * 200, "{}", "|", ">", ">>> quote", "<!date^0^{date}^x>", "\u200b", "@ here"),
]
TEXTS = st.sampled_from(HOSTILE) | st.text(max_size=300) | st.lists(st.sampled_from(HOSTILE), max_size=4).map("".join)
