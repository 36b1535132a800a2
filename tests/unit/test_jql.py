"""Values in JQL stay values, and a person's JQL stays between its parentheses."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pdjira.errors import Misconfigured
from pdjira.jql.lint import lint, structure
from pdjira.jql.query import quote, split, tokens, with_ids, wrap
from pdjira.model.incident import Reference
from pdjira.model.mapping import Severity
from tests.sandbox.jira.jql import And, Clause, Operand, Order, parse

SEED = "(status = Open AND project = SRE ) AND priority = High OR priority = Highest"
OPS, BUG = Reference(id="10100", name="OPS"), Reference(id="10001", name="Bug")
BEHIND = 'project = "10100" AND issuetype = "10001" ORDER BY key ASC'


def wrapped(jql: str) -> str:
    return wrap(jql, project_id="10100", issue_type_id="10001")


def fault_of(jql: str) -> str:
    with pytest.raises(Misconfigured) as raised:
        wrapped(jql)
    assert raised.value.cure
    return raised.value.says


# ---- quoting


def test_quotes_and_backslashes_are_escaped() -> None:
    assert quote('a "b" \\ c') == r'"a \"b\" \\ c"'


def test_a_reserved_word_is_quoted() -> None:
    assert quote("INT") == '"INT"'


def test_p26_characters_that_jira_does_not_take_are_spelled() -> None:
    assert quote("a\tb\r\n\x00\x9f\uffff") == r'"a\tb\r\n\u0000\u009f\uffff"'


@given(st.text())
def test_no_value_can_end_its_quotes(value: str) -> None:
    """P26."""
    quoted = quote(value)

    assert re.fullmatch(r'"(?:[^"\\\r\n]|\\.)*"', quoted, re.DOTALL)


@given(st.lists(st.text(min_size=1), min_size=1))
@example(["10501", "0", "٣"])
def test_p26_whatever_the_ids_of_issues_a_condition_on_them_names_these_and_no_more(
    issue_ids: list[str],
) -> None:
    where = parse(with_ids(issue_ids)).where

    assert isinstance(where, Clause)
    assert [operand.text for operand in where.operands] == issue_ids


def test_a_number_is_no_key_so_it_stands_without_quotes() -> None:
    assert with_ids(["10501", "OPS-1", "٣"]) == 'id in (10501, "OPS-1", "٣")'


# ---- wrapping


def test_m15_the_guides_own_example_is_held_to_the_project_and_type() -> None:
    assert wrapped(SEED) == f"({SEED}) AND {BEHIND}"


def test_only_what_changed_within_so_many_minutes_and_a_single_issue_can_be_asked_for() -> None:
    query = wrap(
        "priority = 1",
        project_id="10100",
        issue_type_id="10001",
        within_minutes=7,
        issue_ids=["10501", "10502"],
    )

    assert query == (
        '(priority = 1) AND project = "10100" AND issuetype = "10001" AND id in (10501, 10502)'
        " AND updated >= -7m ORDER BY updated ASC, key ASC"
    )


@pytest.mark.parametrize("jql", ["", " \n", "ORDER BY created"])
def test_a_jql_without_a_condition_asks_for_project_and_type_alone(jql: str) -> None:
    assert wrapped(jql) == BEHIND


ORDERS = [
    ("a = b ORDER BY c", "a = b", "ORDER BY c"),
    ("a = b order\t\n by c desc, 'd e' ASC", "a = b", "order\t\n by c desc, 'd e' ASC"),
    ("a = b Order By cf[10001], cf [ 7 ] desc", "a = b", "Order By cf[10001], cf [ 7 ] desc"),
    ('a = "x ORDER BY y" ORDER BY z', 'a = "x ORDER BY y"', "ORDER BY z"),
    (r'a = "x \" ORDER BY y"', r'a = "x \" ORDER BY y"', ""),
    ("a = 'it\\'s ORDER BY y'", "a = 'it\\'s ORDER BY y'", ""),
    (r"a = ORDER\ BY", r"a = ORDER\ BY", ""),
    (r"a = b\ ", "a = b\\ ", ""),
    ("(a = b)ORDER BY c", "(a = b)", "ORDER BY c"),
    ("reorder = by", "reorder = by", ""),
]


@pytest.mark.parametrize(("jql", "where", "order"), ORDERS)
def test_a_persons_own_order_is_split_off(jql: str, where: str, order: str) -> None:
    parts = split(jql)

    assert (parts.where, parts.order) == (where, order)


REFUSED = [
    ("a = b) OR (c = d", "a parenthesis at line 1, character 6 that closes nothing"),
    ("(a = b\nAND (c = d)", "a parenthesis at line 1, character 1 that is not closed"),
    ("a = b AND\n c = 'd", "a quote at line 2, character 6 that is not closed"),
    ('a = "b\\"', "a quote at line 1, character 5"),
    ('a = b\\"', "a backslash outside quotes at line 1, character 6"),
    ("a = b\\)", "a backslash outside quotes"),
    ("a = b\\", "a backslash outside quotes"),
    ("a = b\x00", "the character U+0000 at line 1, character 6, which Jira does not take"),
    ("a = 'b\uffff'", "the character U+FFFF"),
    ("a = b\u00a0AND c = d", "the character U+00A0 at line 1, character 6, which is no blank"),
    ("a = b\u200b", "the character U+200B"),
    ("a = b\u2028ORDER BY c", "the character U+2028"),
    ("(a = b ORDER BY c)", "an ORDER BY inside parentheses, or two of them"),
    ("a = b ORDER BY c ORDER BY d", "an ORDER BY inside parentheses, or two of them"),
    ("ORDER BY c AND a = b", "What follows ORDER BY"),
    ("ORDER BY", "What follows ORDER BY"),
    ("ORDER BY c,", "What follows ORDER BY"),
    ("ORDER BY f(c)", "What follows ORDER BY"),
    ("ORDER BY =", "What follows ORDER BY"),
]


@pytest.mark.parametrize(("jql", "says"), REFUSED)
def test_m15_what_cannot_be_put_into_parentheses_is_refused_with_its_place(
    jql: str, says: str
) -> None:
    assert says in fault_of(jql)


def test_blanks_of_other_alphabets_are_taken_in_quotes() -> None:
    assert split("a = 'b\u00a0c\u3000d \U0001fae8'").where == "a = 'b\u00a0c\u3000d \U0001fae8'"


PIECES = st.lists(
    st.sampled_from(
        (
            *("(", ")", '"', "'", "\\", " ", "=", ",", "!", "&", "|", "\n", "\t", "[", "]", "--"),
            *("AND ", "OR ", "ORDER ", "BY ", "order by ", "not ", "in", "a", "cf[1]", "/*"),
            *("\u00a0", "\u2028", "\uffff", "\x00", "\\u0029", "\\ ", '\\"'),
        )
    ),
    max_size=20,
).map("".join)


@given(st.text() | PIECES, st.booleans())
@example("a = b\\ ", True)
@example("a) OR (b", True)
@example("a = b \\", True)
@example('a = \\"b) OR c = "', False)
def test_p26_no_jql_gets_out_of_its_parentheses(jql: str, escapes_outside: bool) -> None:
    """Whether a reader takes a backslash outside quotes for an escape or for a letter."""
    try:
        query = wrapped(jql)
    except Misconfigured:
        return

    if query != BEHIND:
        assert query[0] == "("
        inside = _matching(query, escapes_outside=escapes_outside)
        assert query[inside:] == f") AND {BEHIND}"
        assert query[1:inside] in jql


def _matching(query: str, *, escapes_outside: bool) -> int:
    """The place of the parenthesis that closes the first one, by a reader of its own."""
    depth, quote_, at = 0, "", 0
    while at < len(query):
        character = query[at]
        if character == "\\" and (quote_ or escapes_outside):
            at += 1
        elif quote_:
            quote_ = "" if character == quote_ else quote_
        elif character in "\"'":
            quote_ = character
        else:
            depth += {"(": 1, ")": -1}.get(character, 0)
            if depth == 0:
                return at
        at += 1
    raise AssertionError(f"never closed: {query}")


# ---- wrapping what is right

CLAUSES = st.sampled_from(
    [
        "status = Open",
        'summary ~ "a (b"',
        "labels not in (red, 'b)')",
        "due <= endOfDay('-1d')",
        "status was not in (a, b) before -3d",
        r"team = My\ Team",
        "cf[10001] is not EMPTY",
        "assignee != currentUser()",
    ]
)
WHERES = st.recursive(
    CLAUSES,
    lambda inner: st.one_of(
        st.builds("{} {} {}".format, inner, st.sampled_from(["AND", "or", "&&", "||"]), inner),
        st.builds("{}{}".format, st.sampled_from(["NOT ", "! ", "not\n"]), CLAUSES),
        st.builds("{}({})".format, st.sampled_from(["", "NOT "]), inner),
    ),
    max_leaves=12,
)


@given(WHERES, st.sampled_from(["", " ORDER BY created DESC", "\norder by\ncf[1], key"]))
def test_m15_a_wrapped_jql_means_what_it_meant_within_the_project_and_type(
    where: str, order: str
) -> None:
    query = parse(wrapped(where + order))

    assert query.where == And(
        (
            parse(where).where,  # type: ignore[arg-type]  # there is one
            Clause(field="project", operator="=", operands=(Operand(text="10100", quoted=True),)),
            Clause(field="issuetype", operator="=", operands=(Operand(text="10001", quoted=True),)),
        )
    )
    assert query.order == (Order(field="key", descending=False),)


# ---- hints


def hints(jql: str, *, project: Reference = OPS, issue_type: Reference = BUG) -> list[str]:
    return [one.says for one in lint(jql, project=project, issue_type=issue_type)]


def test_m15_the_guides_own_example_is_told_as_jira_reads_it() -> None:
    precedence, elsewhere = hints(SEED)

    assert precedence == (
        "AND binds closer than OR, so Jira reads the JQL as "
        "((status = Open AND project = SRE ) AND priority = High) OR priority = Highest"
    )
    assert elsewhere == "project = SRE matches nothing: only issues of the project OPS count here."


@given(WHERES)
def test_m15_a_reading_with_parentheses_means_what_jira_reads(where: str) -> None:
    levels = structure(where, tokens(where)).levels

    for level in levels:
        assert parse(level.reading(where)) == parse(where[level.start : level.end])


@given(st.text() | PIECES | WHERES)
def test_m15_every_jql_is_refused_or_gets_hints_with_a_cure(jql: str) -> None:
    try:
        found = lint(jql, project=OPS, issue_type=BUG)
    except Misconfigured:
        assert fault_of(jql)
        return

    assert all(one.severity is Severity.HINT and one.says and one.cure for one in found)
    assert {one.field for one in found} <= {"jql"}


QUIET = [
    "priority = Highest",
    "a = b OR c = d OR e = f",
    "(a = b AND c = d) OR e = f",
    "a = b AND (c = d OR e = f)",
    "a = b && c = d and not e = EMPTY",
    "project = ops AND project in (SRE, 'OPS') AND project = 10100",
    "type = bug and issuetype in standardIssueTypes()",
    "project != SRE",
    "NOT project = SRE",
    "status != Done AND issuekey not in (OPS-1)",
    "labels != red OR labels is EMPTY",
    "labels != EMPTY",
    "NOT labels is empty",
    "not (labels != red)",
    "created >= -3d",
    "NOT created <= -3d",
    "updated >= startOfDay()",
    "labels = x ORDER",
    "status changed after -3d",
    "status was Open",
    "labels = '-3d-and-more'",
    "a",
    "now",
    "",
]


@pytest.mark.parametrize("jql", QUIET)
def test_m15_what_surprises_nobody_gets_no_hint(jql: str) -> None:
    assert hints(jql) == []


TOLD = [
    ("a = b and c = d || e = f", "reads the JQL as (a = b and c = d) OR e = f"),
    ("a = b or (c = d or e = f & g = h)", "as c = d OR (e = f & g = h)"),
    ("project in (SRE, WEB)", "project in (SRE, WEB) matches nothing"),
    ("a = b OR issuetype = Task", "only issues of the issue type Bug count"),
    ("labels != red and team not in (a)", "Issues in which labels or team is empty never match"),
    ("summary !~ x OR description !~ y", "in which description is empty"),
    ("not labels = red", "in which labels is empty"),
    ("not (a = b AND not (c is EMPTY OR d ~ e) AND f in (g))", "in which a or f is empty"),
    ("! labels in (red)", "in which labels is empty"),
    ("created <= -3d", "created <= -3d: this comes true by the passing of time"),
    ("due < '1w 2d'", "passing of time"),
    ("due = startOfDay() and updated < now()", "due = startOfDay(); updated < now(): this"),
    ("not (created >= '-3d')", "passing of time"),
    ("status changed to Open before -3d", "passing of time"),
    ("status was Open during (-3d, now())", "passing of time"),
    ("'Time to resolution' = breached()", "passing of time"),
    ("due <= 2026-12-01", "reads 2026-12-01 in the time zone of the account"),
    ("a = b and updated > '2026/12/01 09:00'", "reads 2026/12/01 09:00 in the time zone"),
    ("assignee = currentUser()", "currentUser() is the account that we sign in to Jira as"),
    ("a = b order  by c", "order by c has no effect"),
]


@pytest.mark.parametrize(("jql", "says"), TOLD)
def test_m15_what_may_surprise_gets_a_hint(jql: str, says: str) -> None:
    (problem,) = hints(jql)

    assert says in problem


def test_m15_without_a_name_only_ids_are_told_apart() -> None:
    nameless = Reference(id="10100", name="10100")

    assert hints("project = SRE", project=nameless) == []
    assert hints("project = 10100", project=nameless) == []
    assert len(hints("project = 10200", project=nameless)) == 1
