"""The page on the deployed stack: signing in, and the address in a note."""

from pdjira.page.http import SESSION_COOKIE
from tests.e2e.client import Page
from tests.sandbox.environment import Sandbox, eventually


def test_whoever_may_invoke_the_function_signs_in_and_asks_why(sandbox: Sandbox) -> None:
    """P28: with the rights of the function's own role, the address among them."""
    incident = sandbox.trigger("Checkout answers slowly")
    eventually(lambda: sandbox.is_linked(incident), what="the issue")
    link = sandbox.stack.invoke("AdminFunction", {"action": "sign-in-link", "name": "Ana"})
    page = Page(sandbox)

    assert link["url"].startswith(sandbox.stack.outputs["AdminUrl"])
    assert page.get("/why", q=incident, again="1").status_code == 403
    page.sign_in(link["url"])
    assert SESSION_COOKIE in page.cookies
    why = page.get("/why", q=incident, sides="1")
    (issue,) = sandbox.issues_of(incident)
    assert issue["key"] in why.text
    assert page.press("/why/try", why.text).headers["Location"].startswith("/live/admin/why?q=")
    assert page.press("/sign-out", why.text).status_code == 303
    assert page.get("/why", q=incident, again="1").status_code == 403


def test_the_reader_of_a_note_sees_why_without_an_account(sandbox: Sandbox) -> None:
    sandbox.jira.model.set_required("10100", "10001", "customfield_10001", required=True)
    incident = sandbox.trigger("Checkout answers slowly")
    (note,) = eventually(lambda: sandbox.notes_of(incident), what="the note of the refusal")
    sandbox.jira.model.set_required("10100", "10001", "customfield_10001", required=False)

    token = note.rpartition("/why?t=")[2]
    shown = Page(sandbox).get("/why", t=token)

    assert shown.status_code == 200
    assert "has no issue" in shown.text
    assert "<form" not in shown.text
    assert token not in str(sandbox.timeline_of(incident))
