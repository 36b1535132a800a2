"""Puts the page together: its pages, and the site around them.

Only a request of the gateway imports this: a direct invocation pays for none of it.
"""

from collections.abc import Sequence

from pdjira.bootstrap.admin import AdminRun
from pdjira.page.jobs import JobPage
from pdjira.page.web import HasRoutes


def pages(run: AdminRun) -> Sequence[HasRoutes]:
    """Every page, one line each, over what this invocation works with."""
    return (JobPage(desk=run.job_desk()),)
