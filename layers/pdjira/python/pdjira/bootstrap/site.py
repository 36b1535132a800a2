"""Puts the site together that stands around the pages.

Only a request of the gateway imports this: a direct invocation pays for none of it.
"""

import secrets
import time
from collections import abc
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayRestResolver

from pdjira.adapters.aws.page_gateway import page_resolver
from pdjira.adapters.aws.read_once import read_once
from pdjira.adapters.aws.secrets import CachedSecret
from pdjira.adapters.aws.sessions import DynamoPresses, DynamoSessions
from pdjira.adapters.aws.sign_ins import DynamoSignInTokens
from pdjira.adapters.http.transport import USER_AGENT
from pdjira.adapters.memory import Memory
from pdjira.bootstrap.admin import AdminProcess, AdminRun
from pdjira.bootstrap.connections import now
from pdjira.bootstrap.page import LATELY_SECONDS, Lasting, Runtime, frame, overview_of, pages
from pdjira.errors import PdjiraError
from pdjira.model.signing import Signer
from pdjira.page import addresses
from pdjira.page.forms import Forms, Pressing
from pdjira.page.http import Assets, Incoming, Outgoing
from pdjira.page.rendering import Renderer
from pdjira.page.sessions import SigningIn
from pdjira.page.sign_in import SignInPages
from pdjira.page.site import Around, Site
from pdjira.page.why import KEPT_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class PageProcess:
    """What lasts as long as the process, and only the page needs."""

    process: AdminProcess
    runtime: Runtime
    renderer: Renderer
    assets: Assets
    lasting: Lasting
    logger: Logger

    def answer(self, asked: Incoming) -> Outgoing:
        """Answer a request, and tell the log; never of its query, which may hold a token."""
        begun = time.monotonic()
        process = _reading_once(self.process) if asked.method == "GET" else self.process
        answer = self._site(process.run()).answer(asked)
        facts = {
            "method": asked.method,
            "route": answer.route,
            "status": int(answer.status),
            "request_id": asked.request_id,
            "milliseconds": round((time.monotonic() - begun) * 1000),
        }
        if answer.error is None:
            self.logger.info("page", extra=facts)
        else:
            self.logger.error("page failed", extra=facts, exc_info=answer.error)
        return answer

    def _site(self, run: AdminRun) -> Site:
        overview = overview_of(run, self.lasting)
        dynamodb, table = self.process.aws.dynamodb, self.process.settings.links_table
        signing_in = SigningIn(
            tokens=DynamoSignInTokens(dynamodb, table),
            sessions=DynamoSessions(dynamodb, table),
            signer=self.lasting.signer,
        )
        whole = pages(run, self.runtime, self.lasting, overview)
        return Site(
            routes=[route for page in whole for route in page.routes()],
            sign_in=SignInPages(signing_in=signing_in, how=self.runtime.how_to_sign_in()),
            forms=Forms(signer=self.lasting.signer, random=partial(secrets.token_urlsafe, 12)),
            pressing=Pressing(presses=DynamoPresses(dynamodb, table), wait=time.sleep),
            render=self.renderer.render,
            assets=self.assets,
            around=Around(
                frame=partial(frame, run, overview),
                footer=partial(self._footer, run),
                log_of=self.runtime.log_of,
            ),
            clock=now,
            are_links_open=self.process.settings.incident_links,
        )

    def _footer(self, run: AdminRun) -> Sequence[str]:
        try:
            jira = [addresses.host_of(run.connections.jira().url)]
        except PdjiraError:
            jira = []
        stack = f"stack {self.runtime.stack}"
        return (USER_AGENT.replace("/", " "), stack, self.runtime.region, *jira)


def _reading_once(process: AdminProcess) -> AdminProcess:
    """For a request that only shows: much of what a page shows stands around it as well."""
    aws = process.aws
    once = replace(
        aws,
        dynamodb=read_once(aws.dynamodb),
        secrets=read_once(aws.secrets),
        sqs=read_once(aws.sqs),
    )
    return replace(process, aws=once)


def page(
    process: AdminProcess, environment: abc.Mapping[str, str], folder: Path, logger: Logger
) -> APIGatewayRestResolver:
    """What answers events of the gateway; templates and static files lie in `folder`."""
    renderer = Renderer(folder / "templates", folder / "static")
    files = {file.name: file.read_bytes() for file in (folder / "static").iterdir()}
    secret = CachedSecret(
        process.aws.secrets,
        secret_id=process.settings.link_secret_arn,
        monotonic=time.monotonic,
    )
    whole = PageProcess(
        process=process,
        runtime=Runtime(
            function=environment.get("AWS_LAMBDA_FUNCTION_NAME", ""),
            region=environment.get("AWS_REGION", ""),
            log_group=environment.get("AWS_LAMBDA_LOG_GROUP_NAME", ""),
            stack=environment.get("POWERTOOLS_METRICS_NAMESPACE", ""),
        ),
        renderer=renderer,
        assets=Assets(hash_=renderer.static_hash, files=files),
        lasting=Lasting(
            signer=Signer(secret=secret.value),
            explained=Memory(seconds=KEPT_SECONDS, clock=time.monotonic),
            refused=Memory(seconds=LATELY_SECONDS, clock=time.monotonic),
        ),
        logger=logger,
    )
    return page_resolver(whole.answer)
