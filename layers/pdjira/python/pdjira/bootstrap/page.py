"""The pages, each over what an invocation works with, and what stands around every one.

Only a request of the gateway imports this: a direct invocation pays for none of it.
"""

from collections import abc
from collections.abc import Sequence

from pdjira.bootstrap.admin import AdminRun
from pdjira.bootstrap.connecting import Connecting
from pdjira.page.front import FrontPage
from pdjira.page.jobs import JobPage
from pdjira.page.web import HasRoutes, Request


def pages(run: AdminRun) -> Sequence[HasRoutes]:
    """Every page, one line each."""
    connecting = Connecting(run=run)
    return (
        FrontPage(),
        JobPage(desk=run.job_desk()),
        connecting.setup_page(),
        connecting.connection_page(),
    )


def frame(run: AdminRun, _request: Request) -> abc.Mapping[str, object]:
    """What stands around every page of somebody who is signed in; base.html names it."""
    reached = Connecting(run=run).record().reached()
    is_setup_done = reached.incident is not None
    return {"strip": None, "problems_count": 0, "is_setup_done": is_setup_done}
