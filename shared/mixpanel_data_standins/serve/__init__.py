"""`mp serve`: stand-ins for Mixpanel and Slack with traffic that flows, and the functions on their schedules.

    serving.py    starts everything, and keeps it running until Ctrl-C
    traffic.py    the traffic; names.py has its events, faults.py what can be wrong with them
    schedules.py  calls the functions by `config/schedules.json`
    functions.py  the processes of the functions
    control.py    the port on which `mp serve burst`, `outage` and `silence` start a fault
    terminal.py   what it prints

Everything but the desk reads one clock, `FastClock`, by which a day takes minutes.
"""

CONTROL_PORT = 8088
"""The port on which a running `mp serve` takes faults, unless it is told another one."""
