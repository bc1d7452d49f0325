"""The commands of `mp`, a module for each: every module's `app` becomes part of the command line.

An `app` with a name is a group (`mp detect …`); the commands of an `app` without one stand at the top (`mp collect`).
"""
