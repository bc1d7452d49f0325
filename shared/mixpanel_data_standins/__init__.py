"""Stand-ins for Mixpanel and Slack on this machine, and the commands `mp demo` and `mp serve` that run on them.

    mixpanel/            the raw export, queries and `/engage`, as Mixpanel answers them and as they fail
    slack/               the Web API and incoming webhooks, as Slack answers them and as they fail
    sample/              two years of real events, and invented traffic with a fault in it, with saved reports
    demo/                `mp demo`: runs the functions on the sample and compares the result with a separate count
    serve/               `mp serve`: keeps the stand-ins and the functions running, with traffic, schedules and faults
    function_process.py  one function of `functions/`, in a process of its own
    fast_function.py     the same by a clock that runs faster, fast_clock.py
    posting.py           calls of servers on this machine
    commands.py          the commands, which `mp` finds through entry points

The library imports nothing from this package, and the package imports nothing but `mixpanel_data.base`: the stand-ins
have to be independent of the clients that the tests hold against them.
"""
