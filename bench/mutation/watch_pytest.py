"""A plugin of pytest: writes what the tests of each file run and which fail, a JSON line each.

A test that takes too much processor time fails, and so does one that takes too much memory:
a changed function may not come to an end.
"""

import builtins
import json
import os
import resource
import signal

SECONDS = 30
MEMORY = 4 << 30

out = open(os.environ["MUTATION_OUT"], "w")
current = ""  # the file whose test runs; none while files are loaded
entered = {}


def say(**words):
    out.write(json.dumps(words) + "\n")
    out.flush()


def enter(number):
    seen = entered.setdefault(current, set())
    if number not in seen:
        seen.add(number)
        say(file=current, entered=number)


class Endless(BaseException):
    pass


def stop(*_):
    raise Endless("too much processor time")


builtins.__mutation_enter__ = enter
resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
signal.signal(signal.SIGPROF, stop)


def pytest_collection_modifyitems(items):
    for item in items:
        say(test=item.nodeid)


def pytest_collectreport(report):
    if report.failed:
        say(failed=report.nodeid)


def pytest_runtest_logstart(nodeid, location):
    global current
    current = nodeid.split("::")[0]
    signal.setitimer(signal.ITIMER_PROF, SECONDS, 1)


def pytest_runtest_logfinish(nodeid, location):
    signal.setitimer(signal.ITIMER_PROF, 0)


def pytest_runtest_logreport(report):
    if report.failed:
        say(failed=report.nodeid)


def pytest_sessionfinish():
    say(finished=True)
