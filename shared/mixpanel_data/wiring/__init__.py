"""Where settings become clients and a job meets the clients it works with.

`Session` holds what outlives a call: settings, the warehouse, one client for each system outside. `Call` travels with
one call: run id, deadline and clock. For each job one module has one function that puts the two together and runs the
job; the HTTP face and the command line call the same one. A job's module imports that job's clients only, so a
function ships and loads no others.
"""
