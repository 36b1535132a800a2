"""The template against interface.md, the settings, the folders and what a reviewer looks for."""

import ast
import itertools
import json
import re
import string
from collections import abc
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pdjira.adapters.aws.webhooks import SWEEP
from pdjira.circuits.rules import LONGEST_INTERVAL
from pdjira.jql.poll import Polled
from pdjira.model.times import CALL_SECONDS, STORE_SECONDS
from pdjira.settings import (
    AdminSettings,
    JiraWebhookSettings,
    JqlPollerSettings,
    MappingCheckSettings,
    PagerDutyWebhookSettings,
    SyncWorkerSettings,
)
from pdjira.sweep.ports import SweepResult
from pdjira.sync.creation.rules import CreateIssue
from pdjira.webhooks.intake import WRONG_PRESS, WRONG_SIGNATURE
from pdjira.worker.consume import Deferred
from tests.cloudformation import Template, alternatives, references
from tests.fakes.queue import VISIBILITY
from tests.rights import granted
from tests.template.transformed import cycles, needs, transformed

ROOT = Path(__file__).parents[2]
TEMPLATE = Template.read(ROOT / "template.yaml")
FUNCTIONS = TEMPLATE.functions()
METRICS = (ROOT / "layers/pdjira/python/pdjira/bootstrap/metrics.py").read_text("utf-8")

SETTINGS = {
    "PagerDutyWebhookFunction": PagerDutyWebhookSettings,
    "JiraWebhookFunction": JiraWebhookSettings,
    "SyncWorkerFunction": SyncWorkerSettings,
    "AdminFunction": AdminSettings,
    "MappingCheckFunction": MappingCheckSettings,
    "JqlPollerFunction": JqlPollerSettings,
}

# None: interface.md names no default, the template has one nevertheless.
PARAMETERS = {
    "PythonRuntime": "python3.13",
    "Architecture": "arm64",
    "AllowInsecureEndpoints": "false",
    "PagerDutyWebhookCidrs": "",
    "AdminCidrs": "",
    "IncidentLinks": "true",
    "SubnetIds": "",
    "SecurityGroupIds": "",
    "SetApiGatewayLogsRole": "true",
    "PermissionsBoundary": "",
    "Tracing": "PassThrough",
    "AlarmEmail": "",
    "LogRetentionDays": None,
    "MaxConcurrentSyncs": 5,
    "MaxIncidentsPerHour": 50,
}
OUTPUTS = {
    "PagerDutyWebhookUrl",
    "JiraWebhookUrl",
    "AdminUrl",
    "AdminFunctionName",
    "JqlPollerFunctionName",
    "SyncWorkerFunctionName",
    "MappingsTableName",
    "LinksTableName",
    "ConnectionSecretArn",
    "AuthTokenSecretArn",
    "SyncQueueUrl",
    "DeadLetterQueueUrl",
    "AlarmTopicArn",
}
OUTPUTS_OF_LATER_FUNCTIONS: set[str] = set()
PARAMETERS_OF_LATER_FUNCTIONS: set[str] = set()

QUEUE = {"Fn::GetAtt": ["SyncQueue", "Arn"]}
DEAD_LETTERS = {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}
UNCHECKED = {"Fn::GetAtt": ["UncheckedMappingsQueue", "Arn"]}
POLLER = {"Fn::GetAtt": ["JqlPollerFunction", "Arn"]}

LOGGING = {"logs:CreateLogStream", "logs:PutLogEvents"}
# AWS knows no resource for these two sets.
TRACING = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
ROLES = TEMPLATE.of_type("AWS::IAM::Role")
NETWORK = {
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
}

each_function = pytest.mark.parametrize("function", FUNCTIONS)


# ---- interface.md


def test_the_parameters_are_those_of_the_interface_and_none_must_be_given() -> None:
    parameters = TEMPLATE.parameters

    assert set(parameters) == set(PARAMETERS)
    for name, default in PARAMETERS.items():
        given = parameters[name]["Default"]
        assert given is not None
        assert default in (None, given), name


def test_the_outputs_are_those_of_the_interface_as_far_as_their_functions_exist() -> None:
    assert set(TEMPLATE.outputs) == OUTPUTS - OUTPUTS_OF_LATER_FUNCTIONS


def test_each_parameter_is_explained_checked_and_has_its_place_in_the_console() -> None:
    interface = TEMPLATE.body["Metadata"]["AWS::CloudFormation::Interface"]
    grouped = [name for group in interface["ParameterGroups"] for name in group["Parameters"]]

    assert sorted(grouped) == sorted(PARAMETERS)
    assert set(interface["ParameterLabels"]) == set(PARAMETERS)
    for name, parameter in TEMPLATE.parameters.items():
        assert parameter["Description"], name
        assert {"AllowedValues", "AllowedPattern", "MinValue"} & set(parameter), name


def test_each_output_is_explained() -> None:
    assert all(output["Description"] for output in TEMPLATE.outputs.values())


def test_each_parameter_is_used_but_those_whose_reader_comes_later() -> None:
    used = {
        *references(TEMPLATE.resources),
        *references(TEMPLATE.body["Rules"]),
        *references(TEMPLATE.body["Conditions"]),
        *references(TEMPLATE.body["Globals"]),
    }

    assert set(PARAMETERS) - used == PARAMETERS_OF_LATER_FUNCTIONS


def test_as_many_incidents_are_worked_on_at_once_as_the_parameter_says() -> None:
    parameter = TEMPLATE.parameters["MaxConcurrentSyncs"]
    source = FUNCTIONS["SyncWorkerFunction"]["Events"]["Signals"]["Properties"]

    assert (parameter["MinValue"], parameter["MaxValue"]) == (2, 1000)
    assert source["ScalingConfig"] == {"MaximumConcurrency": {"Ref": "MaxConcurrentSyncs"}}


# ---- settings and folders


def test_the_functions_of_the_template_the_settings_and_the_folders_are_the_same() -> None:
    named = {ROOT / function["CodeUri"] for function in FUNCTIONS.values()}
    present = {app.parent for app in (ROOT / "functions").glob("*/app.py")}

    assert set(FUNCTIONS) == set(SETTINGS)
    assert named == present


@each_function
def test_a_function_gets_exactly_the_variables_that_it_reads(function: str) -> None:
    read = {setting.name.upper() for setting in fields(SETTINGS[function])}

    assert (
        set(TEMPLATE.of_type("AWS::Serverless::Function")[function]["Environment"]["Variables"])
        == read
    )


def test_what_all_functions_get_is_for_powertools_alone() -> None:
    shared = TEMPLATE.body["Globals"]["Function"]["Environment"]["Variables"]

    assert all(name.startswith("POWERTOOLS_") for name in shared)


@each_function
def test_the_handler_is_there_and_nothing_is_installed_beside_it(function: str) -> None:
    folder = ROOT / FUNCTIONS[function]["CodeUri"]
    module, name = FUNCTIONS[function]["Handler"].split(".")
    tree = ast.parse((folder / f"{module}.py").read_text("utf-8"))

    assert name in _top_level_names(tree)
    assert not (folder / "requirements.txt").exists()


def test_no_name_lies_both_in_a_function_and_in_a_layer() -> None:
    """On AWS the function's folder comes first on the path, locally the layers do."""
    in_functions = {path.stem for path in (ROOT / "functions").glob("*/*")} - {"__pycache__"}
    in_layer = {path.stem for path in (ROOT / "layers/pdjira/python").iterdir()}

    assert in_functions.isdisjoint(in_layer)


@pytest.mark.parametrize("name", ["DependenciesLayer", "PdjiraLayer"])
def test_a_layer_names_the_folder_whose_makefile_builds_it(name: str) -> None:
    layer = TEMPLATE.of_type("AWS::Serverless::LayerVersion")[name]
    makefile = (ROOT / layer["ContentUri"] / "Makefile").read_text("utf-8")

    assert TEMPLATE.resources[name]["Metadata"]["BuildMethod"] == "makefile"
    assert f"\nbuild-{name}: " in makefile


@pytest.mark.parametrize("parameter", ["PythonRuntime", "Architecture"])
def test_what_the_layers_are_built_for_is_said_where_it_is_asked_for(parameter: str) -> None:
    """`sam deploy --guided` asks for both, and only `sam build` can heed the answer."""
    says = " ".join(TEMPLATE.parameters[parameter]["Description"].split())
    guide = (ROOT / "docs" / "guide" / "by-hand.md").read_text("utf-8")

    assert "The layers must have been built for it: give `sam build` the same value" in says
    assert "deploy without complaint and fail at the first import" in says
    assert re.search(rf"sam build --parameter-overrides [^`]*{parameter}=", guide)


def test_layers_and_functions_are_of_one_python_and_one_processor() -> None:
    runtime, architecture = {"Ref": "PythonRuntime"}, {"Ref": "Architecture"}
    target = {"Fn::Sub": "layers/targets/${PythonRuntime}-${Architecture}"}

    for name, layer in TEMPLATE.of_type("AWS::Serverless::LayerVersion").items():
        assert TEMPLATE.resources[name]["Metadata"]["BuildArchitecture"] == architecture
        assert TEMPLATE.resources[name]["Metadata"]["WorkingDirectory"] == target
        assert layer["CompatibleRuntimes"] == [runtime]
        assert layer["CompatibleArchitectures"] == [architecture]
    for function in FUNCTIONS.values():
        assert function["Runtime"] == runtime
        assert function["Architectures"] == [architecture]
        assert function["Layers"] == [{"Ref": "DependenciesLayer"}, {"Ref": "PdjiraLayer"}]


def test_layers_are_built_for_every_python_and_processor_that_the_template_admits() -> None:
    runtimes, architectures = (
        TEMPLATE.parameters[name]["AllowedValues"] for name in ("PythonRuntime", "Architecture")
    )
    wheels = {"arm64": "manylinux2014_aarch64", "x86_64": "manylinux2014_x86_64"}

    for runtime, architecture in itertools.product(runtimes, architectures):
        target = ROOT / "layers" / "targets" / f"{runtime}-{architecture}" / "target.mk"
        values = dict(line.split(" := ") for line in target.read_text("utf-8").splitlines()[1:])
        assert values == {"PYTHON": runtime, "PLATFORM": wheels[architecture]}


# ---- the functions


@each_function
def test_a_function_has_a_timeout_of_its_own_and_is_traced_if_one_wants(function: str) -> None:
    own = TEMPLATE.of_type("AWS::Serverless::Function")[function]

    assert 0 < own["Timeout"] <= 900
    assert FUNCTIONS[function]["Tracing"] == {"Ref": "Tracing"}
    assert FUNCTIONS[function]["Description"]


@each_function
def test_a_function_logs_as_it_writes_and_the_log_is_kept_for_a_time(function: str) -> None:
    logging = FUNCTIONS[function]["LoggingConfig"]
    group = TEMPLATE.of_type("AWS::Logs::LogGroup")[logging["LogGroup"]["Ref"]]

    assert logging["LogFormat"] == "Text"
    assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_every_log_group_is_kept_for_a_time() -> None:
    groups = TEMPLATE.of_type("AWS::Logs::LogGroup").values()

    assert all(group["RetentionInDays"] == {"Ref": "LogRetentionDays"} for group in groups)


def test_only_what_calls_jira_lives_in_a_vpc_and_only_where_subnets_are_given() -> None:
    in_vpc = {name for name, function in FUNCTIONS.items() if "VpcConfig" in function}

    assert in_vpc == {
        "SyncWorkerFunction",
        "AdminFunction",
        "MappingCheckFunction",
        "JqlPollerFunction",
    }
    for name in in_vpc:
        condition, given, otherwise = FUNCTIONS[name]["VpcConfig"]["Fn::If"]
        assert condition == "InVpc"
        assert given == {
            "SubnetIds": {"Ref": "SubnetIds"},
            "SecurityGroupIds": {"Ref": "SecurityGroupIds"},
        }
        assert otherwise == {"Ref": "AWS::NoValue"}


def test_an_action_that_a_person_asked_for_is_not_repeated_behind_their_back() -> None:
    assert FUNCTIONS["AdminFunction"]["EventInvokeConfig"] == {"MaximumRetryAttempts": 0}


def test_no_function_has_an_asynchronous_source_without_a_dead_letter_target() -> None:
    """API Gateway and a queue wait for the answer; the queue has its own dead-letter queue.

    A round of the poller that is lost is made up for by the next one.
    """
    sources = {
        event["Type"]
        for function in FUNCTIONS.values()
        for event in function.get("Events", {}).values()
    }

    assert sources == {"Api", "SQS", "DynamoDB", "ScheduleV2"}
    once = {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60}
    for schedule in FUNCTIONS["JqlPollerFunction"]["Events"].values():
        assert schedule["Properties"]["RetryPolicy"] == once
    assert FUNCTIONS["JqlPollerFunction"]["EventInvokeConfig"] == once


def test_p20_jira_is_followed_every_minute_and_everything_is_swept_every_quarter_of_an_hour() -> (
    None
):
    schedules = [event["Properties"] for event in FUNCTIONS["JqlPollerFunction"]["Events"].values()]

    assert {one["ScheduleExpression"]: json.loads(one["Input"]) for one in schedules} == {
        "rate(1 minute)": {"mode": "poll"},
        "rate(15 minutes)": SWEEP,
    }
    assert FUNCTIONS["JqlPollerFunction"]["Timeout"] <= 15 * 60


def test_a_second_stack_in_the_account_and_region_has_schedules_of_its_own() -> None:
    """SAM names a schedule after function and event, without the stack, unless it is told not to.

    The local AWS takes equal names: only this test tells.
    """
    schedules = [
        event["Properties"]
        for function in FUNCTIONS.values()
        for event in function.get("Events", {}).values()
        if event["Type"] == "ScheduleV2"
    ]

    assert schedules
    assert all(one["OmitName"] is True and "Name" not in one for one in schedules)


def test_every_name_that_the_template_gives_holds_the_name_of_the_stack() -> None:
    """Two stacks in one account and region would fight for any other."""
    names = [
        str(value)
        for resource in TEMPLATE.resources.values()
        for key, value in resource.get("Properties", {}).items()
        if key in {"Name", "QueueName", "LogGroupName", "LayerName", "RoleName", "TableName"}
        and resource["Type"] != "AWS::Logs::MetricFilter"
    ]

    assert len(names) >= 10
    assert all("AWS::StackName" in name for name in names)


def test_m23_each_change_of_a_mapping_is_judged_and_what_fails_for_good_is_kept() -> None:
    (source,) = FUNCTIONS["MappingCheckFunction"]["Events"].values()
    stream = source["Properties"]

    assert _properties("MappingsTable")["StreamSpecification"] == {
        "StreamViewType": "NEW_AND_OLD_IMAGES"
    }
    assert stream["Stream"] == {"Fn::GetAtt": ["MappingsTable", "StreamArn"]}
    assert (stream["StartingPosition"], stream["BatchSize"]) == ("TRIM_HORIZON", 1)
    assert stream["BisectBatchOnFunctionError"] is True
    assert 0 < stream["MaximumRetryAttempts"] < 100
    assert stream["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert stream["DestinationConfig"]["OnFailure"] == {"Type": "SQS", "Destination": UNCHECKED}
    assert "FifoQueue" not in _properties("UncheckedMappingsQueue")
    queue = {"QueueName": {"Fn::GetAtt": ["UncheckedMappingsQueue", "QueueName"]}}
    assert len(_alarms("AWS/SQS", "ApproximateNumberOfMessagesVisible", queue)) == 1


# ---- P28: rights


@each_function
def test_p28_a_function_writes_its_own_log_and_no_right_but_two_kinds_is_for_everything(
    function: str,
) -> None:
    """That a role allows exactly what its function calls is P37 (tests/functional)."""
    own_log = FUNCTIONS[function]["LoggingConfig"]["LogGroup"]["Ref"]
    rights = granted(function)

    assert {one.action for one in rights if one.resource == own_log} == LOGGING
    assert {one.resource for one in rights if one.action in LOGGING} == {own_log}
    assert not any("*" in one.action for one in rights)
    for_everything = TRACING | (NETWORK if "VpcConfig" in FUNCTIONS[function] else set())
    assert {one.action for one in rights if one.resource == "*"} == for_everything


@each_function
def test_p28_a_right_on_the_links_names_the_kinds_of_items(function: str) -> None:
    """The local AWS does not evaluate these keys; without them a role reaches every item.

    A scan has no key: `explain` finds an incident by its number, or by its issue's key, while the
    side that knows it is silent.
    """
    scan = ("AdminFunction", "dynamodb:Scan")
    on_links = [one for one in granted(function) if one.resource == "LinksTable"]
    by_key = [one for one in on_links if (function, one.action) != scan]

    assert all(one.key.endswith("#*") for one in by_key)


def test_p28_the_worker_reads_the_queue_that_feeds_it_and_no_other() -> None:
    """The local AWS does not check what an event source does in the name of its function."""
    reading = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
    rights = [one for one in granted("SyncWorkerFunction") if one.action in reading]

    assert {(one.action, one.resource) for one in rights} == {
        (action, "SyncQueue") for action in reading
    }


def test_p28_the_check_reads_the_stream_that_feeds_it_and_keeps_what_it_gave_up() -> None:
    """As in AWS's own policy template for readers of a stream."""
    rights = {(one.action, one.resource) for one in granted("MappingCheckFunction")}

    assert {
        ("dynamodb:DescribeStream", "MappingsTable/StreamArn"),
        ("dynamodb:GetRecords", "MappingsTable/StreamArn"),
        ("dynamodb:GetShardIterator", "MappingsTable/StreamArn"),
        ("dynamodb:ListStreams", "MappingsTable/stream/*"),
        ("sqs:SendMessage", "UncheckedMappingsQueue"),
    } <= rights


@pytest.mark.parametrize("function", ["AdminFunction", "JqlPollerFunction"])
def test_p28_no_link_and_no_timeline_is_written_but_by_the_worker(function: str) -> None:
    writing = {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"}
    written = {one.key for one in granted(function) if one.action in writing}

    assert {"INCIDENT#*", "ISSUE#*"}.isdisjoint(written)


def test_p28_the_admin_function_reads_links_and_timelines_and_writes_none() -> None:
    """`explain` reads what stands of one incident, Problems the links that lack something."""
    links = {"INCIDENT#*", "ISSUE#*"}
    allowed = {one.action for one in granted("AdminFunction") if one.key in links}

    assert allowed <= {"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"}


def test_p28_each_function_has_a_role_that_no_other_one_has() -> None:
    roles = [function["Role"]["Fn::GetAtt"][0] for function in FUNCTIONS.values()]

    assert len(set(roles)) == len(FUNCTIONS)
    assert not any("Policies" in function for function in FUNCTIONS.values())
    assert not any("ManagedPolicyArns" in _role(function) for function in FUNCTIONS)


def test_p28_only_lambda_for_this_account_takes_on_the_role_of_a_function() -> None:
    for function in FUNCTIONS:
        (statement,) = _role(function)["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}


@pytest.mark.parametrize("role", ROLES)
def test_p28_each_role_serves_one_service_and_only_for_this_account(role: str) -> None:
    """Another account's function, schedule or API cannot have AWS act in our name.

    For Lambda and EventBridge Scheduler AWS documents that they name the account. For API Gateway
    it does not say, so its role is refused only where another one is named.
    """
    (statement,) = ROLES[role]["AssumeRolePolicyDocument"]["Statement"]
    is_named = role != "ApiGatewayLogsRole"

    assert statement["Action"] == "sts:AssumeRole"
    assert isinstance(statement["Principal"]["Service"], str)
    assert statement["Condition"] == {
        "StringEquals" if is_named else "StringEqualsIfExists": {
            "aws:SourceAccount": {"Ref": "AWS::AccountId"}
        }
    }


@pytest.mark.parametrize("role", ROLES)
def test_p28_every_role_is_bounded_where_the_account_demands_it(role: str) -> None:
    condition, given, otherwise = ROLES[role]["PermissionsBoundary"]["Fn::If"]

    assert (condition, given) == ("IsBounded", {"Ref": "PermissionsBoundary"})
    assert otherwise == {"Ref": "AWS::NoValue"}


def test_p28_sam_makes_no_role_of_its_own() -> None:
    """One that SAM writes has no boundary, and trusts a service whoever it acts for."""
    schedules = [event["Properties"] for event in FUNCTIONS["JqlPollerFunction"]["Events"].values()]

    assert all("Role" in function for function in FUNCTIONS.values())
    assert {str(one["RoleArn"]) for one in schedules} == {
        str({"Fn::GetAtt": ["ScheduleRole", "Arn"]})
    }


def test_p28_a_schedule_may_start_the_poller_and_nothing_else() -> None:
    (policy,) = ROLES["ScheduleRole"]["Policies"]
    (statement,) = policy["PolicyDocument"]["Statement"]

    assert statement == {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": POLLER}


@each_function
def test_p28_a_function_may_trace_only_where_traces_are_wanted(function: str) -> None:
    statements = [
        statement
        for policy in alternatives(_role(function)["Policies"])
        for statement in policy["PolicyDocument"]["Statement"]
    ]
    (tracing,) = [one for one in statements if "xray" in str(one)]
    condition, _, otherwise = tracing["Fn::If"]

    assert otherwise == {"Ref": "AWS::NoValue"}
    assert TEMPLATE.body["Conditions"][condition] == {"Fn::Equals": [{"Ref": "Tracing"}, "Active"]}


def test_p28_the_one_role_with_a_policy_of_aws_is_that_of_api_gateways_logs() -> None:
    """An account has one such role per region, for the logs of all its APIs."""
    managed = {
        name: role["ManagedPolicyArns"]
        for name, role in TEMPLATE.of_type("AWS::IAM::Role").items()
        if "ManagedPolicyArns" in role
    }

    assert list(managed) == ["ApiGatewayLogsRole"]
    (policy,) = managed["ApiGatewayLogsRole"]
    assert policy["Fn::Sub"].endswith("/AmazonAPIGatewayPushToCloudWatchLogs")


def test_the_wiring_that_the_local_aws_does_not_check_is_written_by_sam() -> None:
    by_hand = {"AWS::Lambda::EventSourceMapping", "AWS::Lambda::Permission"}

    assert by_hand.isdisjoint(resource["Type"] for resource in TEMPLATE.resources.values())


# ---- the queues


def test_a_message_stays_hidden_while_the_worker_may_run_and_hardly_longer() -> None:
    queue, worker = _properties("SyncQueue"), FUNCTIONS["SyncWorkerFunction"]

    assert queue["VisibilityTimeout"] == worker["Timeout"] + 30 == VISIBILITY.total_seconds()


def test_the_worker_has_time_for_its_longest_step_after_its_first_call() -> None:
    longest = CreateIssue.most_calls * CALL_SECONDS + STORE_SECONDS

    assert FUNCTIONS["SyncWorkerFunction"]["Timeout"] >= CALL_SECONDS + STORE_SECONDS + longest


def test_the_worker_gets_one_message_at_a_time_and_answers_per_message() -> None:
    source = FUNCTIONS["SyncWorkerFunction"]["Events"]["Signals"]

    assert source["Type"] == "SQS"
    assert source["Properties"]["Queue"] == QUEUE
    assert source["Properties"]["BatchSize"] == 1
    assert source["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_the_worker_itself_keeps_the_budget_of_attempts_and_the_queue_is_the_net_below() -> None:
    queue = _properties("SyncQueue")

    assert queue["RedrivePolicy"] == {"deadLetterTargetArn": DEAD_LETTERS, "maxReceiveCount": 1000}


def test_only_the_sync_queue_may_redrive_into_the_dead_letter_queue() -> None:
    name = _properties("SyncQueue")["QueueName"]["Fn::Sub"]
    allowed = _properties("DeadLetterQueue")["RedriveAllowPolicy"]

    assert allowed["redrivePermission"] == "byQueue"
    (arn,) = allowed["sourceQueueArns"]
    assert arn["Fn::Sub"].endswith(f":{name}")


@pytest.mark.parametrize("queue", ["SyncQueue", "DeadLetterQueue"])
def test_a_queue_keeps_order_per_incident_for_two_weeks_and_encrypted(queue: str) -> None:
    properties = _properties(queue)

    assert properties["FifoQueue"] is True
    assert properties["DeduplicationScope"] == "messageGroup"
    assert properties["FifoThroughputLimit"] == "perMessageGroupId"
    assert properties["MessageRetentionPeriod"] == 14 * 24 * 3600
    assert properties["MaximumMessageSize"] == 1024 * 1024
    assert properties["SqsManagedSseEnabled"] is True


# ---- what survives the stack

LASTING = {
    *TEMPLATE.of_type("AWS::DynamoDB::Table"),
    *TEMPLATE.of_type("AWS::SecretsManager::Secret"),
}


@pytest.mark.parametrize("resource", sorted(LASTING))
def test_tables_and_secrets_survive_the_stack_and_have_no_fixed_names(resource: str) -> None:
    whole = TEMPLATE.resources[resource]

    assert whole["DeletionPolicy"] in {"Retain", "RetainExceptOnCreate"}
    assert whole["UpdateReplacePolicy"] == "Retain"
    assert {"TableName", "Name"}.isdisjoint(whole["Properties"])


@pytest.mark.parametrize("resource", sorted(LASTING))
def test_a_first_deployment_that_fails_takes_away_what_it_can(resource: str) -> None:
    """A protected table cannot be deleted: the rollback that tries ends as ROLLBACK_FAILED."""
    whole = TEMPLATE.resources[resource]
    is_protected = whole["Properties"].get("DeletionProtectionEnabled", False)

    assert whole["DeletionPolicy"] == ("Retain" if is_protected else "RetainExceptOnCreate")


@pytest.mark.parametrize("table", ["MappingsTable", "LinksTable"])
def test_a_table_is_encrypted_recoverable_protected_and_paid_by_use(table: str) -> None:
    properties = _properties(table)

    assert properties["SSESpecification"] == {"SSEEnabled": True}
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert properties["DeletionProtectionEnabled"] is True
    assert properties["BillingMode"] == "PAY_PER_REQUEST"


def test_mappings_have_one_key_and_links_two() -> None:
    assert _keys(_properties("MappingsTable")) == {"id": "HASH"}
    assert _keys(_properties("LinksTable")) == {"pk": "HASH", "sk": "RANGE"}


def test_open_links_are_found_by_a_sparse_index_of_keys() -> None:
    (index,) = _properties("LinksTable")["GlobalSecondaryIndexes"]

    assert index["IndexName"] == "open-links"
    assert _keys(index) == {"sweep": "HASH", "pk": "RANGE"}
    assert index["Projection"] == {"ProjectionType": "KEYS_ONLY"}


def test_what_has_expired_leaves_the_table_of_links() -> None:
    assert _properties("LinksTable")["TimeToLiveSpecification"] == {
        "AttributeName": "expires_at",
        "Enabled": True,
    }


def test_a_deployment_overwrites_no_secret() -> None:
    """CloudFormation writes a new value when one of these properties differs from the last time."""
    assert _properties("ConnectionSecret")["SecretString"] == "{}"
    assert "AdminFunction" not in _properties("ConnectionSecret")["Description"]
    assert _properties("AuthTokenSecret")["GenerateSecretString"] == {
        "PasswordLength": 64,
        "ExcludePunctuation": True,
        "ExcludeCharacters": string.punctuation,
        "IncludeSpace": False,
        "RequireEachIncludedType": True,
    }


def test_a_secret_is_named_by_its_arn() -> None:
    """`Ref` of a secret is its ARN on AWS, and its name on the local AWS."""
    secrets = set(TEMPLATE.of_type("AWS::SecretsManager::Secret"))

    assert secrets.isdisjoint(references(TEMPLATE.body))


# ---- the API


def test_the_webhook_has_a_route_for_deliveries_and_one_for_the_actions_of_each_mapping() -> None:
    events = FUNCTIONS["PagerDutyWebhookFunction"]["Events"].values()

    assert [event["Properties"] for event in events] == [
        {"RestApiId": {"Ref": "Api"}, "Path": path, "Method": "POST"}
        for path in ("/webhooks/pagerduty", "/webhooks/pagerduty/actions/{mapping_id}")
    ]


def test_the_webhook_of_jira_has_one_route_and_its_path_ends_with_the_token() -> None:
    (event,) = FUNCTIONS["JiraWebhookFunction"]["Events"].values()
    url = TEMPLATE.outputs["JiraWebhookUrl"]["Value"]["Fn::Sub"]

    assert event["Properties"] == {
        "RestApiId": {"Ref": "Api"},
        "Path": "/webhooks/jira/{token}",
        "Method": "POST",
    }
    assert url.endswith("/webhooks/jira")


def test_webhooks_of_both_sides_that_could_not_be_stored_raise_one_alarm() -> None:
    filters = [_properties(name) for name in ("UnstoredWebhooks", "UnstoredJiraWebhooks")]

    assert [one["LogGroupName"]["Ref"] for one in filters] == [
        "PagerDutyWebhookLogs",
        "JiraWebhookLogs",
    ]
    assert {one["MetricTransformations"][0]["MetricName"] for one in filters} == {
        _properties("UnstoredWebhooksAlarm")["MetricName"]
    }


def test_a_stranger_with_a_wrong_proof_alarms_in_numbers_only() -> None:
    """What is said is said by the code; the alarm passes over exactly these answers."""
    passed_over = re.findall(
        r'says != "([^"*]+)\*"', _properties("UnstoredWebhooks")["FilterPattern"]
    )
    package = ROOT / "layers" / "pdjira" / "python" / "pdjira" / "webhooks"
    said = (package / "intake.py").read_text()

    assert len(passed_over) == 3
    assert all(f'"{words}' in said for words in passed_over)


def test_p3_refused_deliveries_of_both_webhooks_raise_one_alarm_when_they_go_on() -> None:
    """What is said is said by the code; a few by a stranger ring nothing."""
    filters = [_properties(name) for name in ("RefusedDeliveries", "RefusedJiraDeliveries")]
    alarm = _properties("RefusedDeliveriesAlarm")
    counted = re.findall(r'says = "([^"*]+)\*"', filters[0]["FilterPattern"])

    assert [one["LogGroupName"]["Ref"] for one in filters] == [
        "PagerDutyWebhookLogs",
        "JiraWebhookLogs",
    ]
    assert {one["MetricTransformations"][0]["MetricName"] for one in filters} == {
        alarm["MetricName"]
    }
    assert WRONG_SIGNATURE.startswith(counted[0])
    assert WRONG_PRESS.startswith(counted[1])
    assert (alarm["EvaluationPeriods"], alarm["DatapointsToAlarm"], alarm["Threshold"]) == (3, 2, 2)


def test_every_route_names_its_method() -> None:
    """A route of any method answers to none on the local AWS."""
    methods = {
        event["Properties"]["Method"]
        for function in FUNCTIONS.values()
        for event in function.get("Events", {}).values()
        if event["Type"] == "Api"
    }

    assert methods <= {"GET", "POST", "PUT", "DELETE"}


def test_bodies_arrive_byte_for_byte() -> None:
    assert _properties("Api")["BinaryMediaTypes"] == ["*/*"]


def test_each_list_of_addresses_holds_for_its_own_routes_only() -> None:
    """`Auth.ResourcePolicy` would be dropped by the local AWS: the policy is the API's property."""
    api = _properties("Api")
    everything, *denials = api["Policy"]["Statement"]
    (pagerduty, admin) = alternatives(denials)

    assert "Auth" not in api
    assert (everything["Effect"], everything["Resource"]) == ("Allow", "execute-api:/*")
    for denial, route, addresses in (
        (pagerduty, "webhooks/pagerduty", "PagerDutyWebhookCidrs"),
        (admin, "admin", "AdminCidrs"),
    ):
        assert denial["Effect"] == "Deny"
        assert denial["Resource"] == [
            f"execute-api:/*/*/{route}",
            f"execute-api:/*/*/{route}/*",
        ]
        assert denial["Condition"] == {"NotIpAddress": {"aws:SourceIp": {"Ref": addresses}}}


def test_without_addresses_the_api_has_a_policy_that_lets_everybody_call() -> None:
    """A property that is gone changes nothing: the former list would go on refusing callers."""
    policy = _properties("Api")["Policy"]
    unconditional = [one for one in policy["Statement"] if "Fn::If" not in one]

    assert unconditional == [
        {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "execute-api:Invoke",
            "Resource": "execute-api:/*",
        }
    ]
    assert [one["Fn::If"][0] for one in policy["Statement"][1:]] == [
        "RestrictsPagerDuty",
        "RestrictsAdmin",
    ]


@pytest.mark.parametrize(
    ("given", "needed"),
    [("SubnetIds", "SecurityGroupIds"), ("SecurityGroupIds", "SubnetIds")],
)
def test_subnets_and_security_groups_are_given_together_or_nothing_is_created(
    given: str, needed: str
) -> None:
    def has_members(parameter: str) -> object:
        return {"Fn::Not": [{"Fn::EachMemberEquals": [{"Ref": parameter}, ""]}]}

    (rule,) = [
        one for one in TEMPLATE.body["Rules"].values() if one["RuleCondition"] == has_members(given)
    ]

    (assertion,) = rule["Assertions"]
    assert assertion["Assert"] == has_members(needed)
    assert assertion["AssertDescription"].startswith(f"{given} is given and {needed} is empty")


@pytest.mark.parametrize(
    ("condition", "parameter"),
    [
        ("RestrictsPagerDuty", "PagerDutyWebhookCidrs"),
        ("RestrictsAdmin", "AdminCidrs"),
        ("InVpc", "SubnetIds"),
    ],
)
def test_an_empty_list_is_told_by_its_first_item(condition: str, parameter: str) -> None:
    """The local AWS does not evaluate `Fn::Join` in a condition: it would always hold."""
    first = {"Fn::Select": [0, {"Ref": parameter}]}

    assert TEMPLATE.body["Conditions"][condition] == {"Fn::Not": [{"Fn::Equals": [first, ""]}]}


def test_a_changed_policy_is_in_force_after_the_deployment() -> None:
    """A stage keeps the policy of its last deployment, and SAM sees no changed parameter."""
    assert _properties("Api")["AlwaysDeploy"] is True


def test_the_access_log_names_the_route_and_never_the_path() -> None:
    """A path may hold the token of Jira's webhook."""
    log_format = _properties("Api")["AccessLogSetting"]["Format"]

    assert "$context.resourcePath" in log_format
    assert "$context.path" not in log_format


def test_p23_no_trace_of_the_api_keeps_a_url_with_a_token() -> None:
    assert _properties("Api")["TracingEnabled"] is False


def test_callers_of_the_api_need_tls_1_2_and_no_more() -> None:
    """PagerDuty speaks TLS 1.2: a policy of 1.3 alone (`TLS13_1_3`) would stop its webhooks.

    No linter knows the values, and a wrong one fails on AWS alone. A policy of this kind needs a
    mode: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-security-policies.html
    """
    api = _properties("Api")

    assert api["SecurityPolicy"] == "SecurityPolicy_TLS13_1_2_2021_06"
    assert api["EndpointAccessMode"] == "BASIC"


def test_the_api_is_regional_and_throttled() -> None:
    api = _properties("Api")
    settings, actions, *page = api["MethodSettings"]

    assert api["EndpointConfiguration"] == {"Type": "REGIONAL"}
    assert (settings["HttpMethod"], settings["ResourcePath"]) == ("*", "/*")
    assert settings["ThrottlingRateLimit"] > 0
    assert settings["ThrottlingBurstLimit"] > 0
    assert actions["ResourcePath"] == "/~1webhooks~1pagerduty~1actions~1{mapping_id}"
    assert (actions["HttpMethod"], actions["ThrottlingRateLimit"]) == ("POST", 1)
    assert {(one["HttpMethod"], one["ResourcePath"]) for one in page} == {
        (method, path) for method in ("GET", "POST") for path in ("/~1admin", "/~1admin~1{proxy+}")
    }
    taken = sum(one["ThrottlingRateLimit"] for one in page)
    assert taken <= settings["ThrottlingRateLimit"] / 4


def test_the_page_has_a_route_for_each_method_and_none_for_any() -> None:
    events = FUNCTIONS["AdminFunction"]["Events"].values()

    assert {(one["Properties"]["Method"], one["Properties"]["Path"]) for one in events} == {
        (method, path) for method in ("GET", "POST") for path in ("/admin", "/admin/{proxy+}")
    }


def test_nothing_needs_itself() -> None:
    """The linters let such a template pass, and CloudFormation refuses it."""
    body = json.loads(json.dumps(TEMPLATE.body))
    environment = body["Resources"]["JqlPollerFunction"]["Properties"]["Environment"]
    environment["Variables"]["ADMIN_URL"] = TEMPLATE.outputs["AdminUrl"]["Value"]

    assert cycles(needs(transformed(TEMPLATE))) == set()
    assert {"Api", "AdminFunction"} <= cycles(needs(transformed(Template(body))))


def test_the_address_of_the_page_is_known_by_a_name_that_needs_nothing() -> None:
    parameter = _properties("AdminUrlParameter")
    function = FUNCTIONS["AdminFunction"]["Environment"]["Variables"]["ADMIN_URL_PARAMETER"]

    assert parameter["Name"] == function
    assert "${Api}" in parameter["Value"]["Fn::Sub"]
    assert parameter["Value"] == TEMPLATE.outputs["AdminUrl"]["Value"]
    assert list(references(function)) == []


def test_the_api_can_be_made_in_an_account_that_never_had_one_with_logs() -> None:
    """The stage needs the log group, and the log group the role, where the stack sets one.

    `DependsOn` would not do: what depends on a resource that its condition leaves out is left out
    as well (AWS, Condition attribute).
    """
    logs = _properties("ApiLogs")["Tags"]

    assert _properties("Api")["AccessLogSetting"]["DestinationArn"] == {
        "Fn::GetAtt": ["ApiLogs", "Arn"]
    }
    assert {"Ref": "ApiGatewayAccount"} in [
        one for tag in logs for one in alternatives(tag["Value"])
    ]
    assert "DependsOn" not in TEMPLATE.resources["Api"]


def test_the_role_for_the_logs_of_the_account_is_set_only_where_it_is_wanted_and_then_stays() -> (
    None
):
    for name in ("ApiGatewayAccount", "ApiGatewayLogsRole"):
        assert TEMPLATE.resources[name]["Condition"] == "SetsLogsRole"
        assert TEMPLATE.resources[name]["DeletionPolicy"] == "Retain"


# ---- alarms


@each_function
@pytest.mark.parametrize("metric", ["Errors", "Throttles"])
def test_an_alarm_tells_of_errors_and_throttles_of_each_function(
    function: str, metric: str
) -> None:
    (alarm,) = _alarms("AWS/Lambda", metric, {"FunctionName": {"Ref": function}})

    assert (alarm["Statistic"], alarm["Threshold"]) == ("Sum", 0)


def test_an_alarm_tells_of_dead_letters() -> None:
    queue = {"QueueName": {"Fn::GetAtt": ["DeadLetterQueue", "QueueName"]}}
    (alarm,) = _alarms("AWS/SQS", "ApproximateNumberOfMessagesVisible", queue)

    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)


def test_an_alarm_tells_of_signals_that_wait_for_long() -> None:
    queue = {"QueueName": {"Fn::GetAtt": ["SyncQueue", "QueueName"]}}

    assert len(_alarms("AWS/SQS", "ApproximateAgeOfOldestMessage", queue)) == 1


def test_m3_one_alarm_stays_on_as_long_as_a_circuit_holds_signals_back() -> None:
    """A held-back signal comes again within fifteen minutes: one period may pass without any."""
    held, alarm = _properties("HeldBackSignals"), _properties("OpenCircuitAlarm")
    (transformation,) = held["MetricTransformations"]
    deferred = Deferred(seconds=1, why="", circuit="Jira").facts()

    assert held["LogGroupName"] == {"Ref": "SyncWorkerLogs"}
    assert set(re.findall(r"\$\.(\w+)", held["FilterPattern"])) - {"message"} <= set(deferred)
    assert alarm["MetricName"] == transformation["MetricName"]
    assert (alarm["Period"], alarm["EvaluationPeriods"], alarm["DatapointsToAlarm"]) == (900, 2, 1)
    assert LONGEST_INTERVAL.total_seconds() <= alarm["Period"]


@pytest.mark.parametrize("metric", ["Lag", "Refusals"])
def test_an_alarm_tells_of_what_the_worker_measures(metric: str) -> None:
    """The namespace of the alarm is the one that the worker gets from its environment."""
    variables = TEMPLATE.body["Globals"]["Function"]["Environment"]["Variables"]
    namespace = variables["POWERTOOLS_METRICS_NAMESPACE"]
    named = [
        alarm
        for alarm in TEMPLATE.of_type("AWS::CloudWatch::Alarm").values()
        if (alarm["MetricName"], alarm["Namespace"]) == (metric, namespace)
    ]

    (alarm,) = named
    assert alarm["Dimensions"] == [
        {"Name": "service", "Value": variables["POWERTOOLS_SERVICE_NAME"]}
    ]
    assert f'yield "{metric}"' in METRICS


def test_p31_one_poll_that_fails_rings_no_alarm_and_five_of_ten_do() -> None:
    failed, alarm = _properties("FailedPolls"), _properties("FailedPollsAlarm")
    (transformation,) = failed["MetricTransformations"]

    assert failed["LogGroupName"] == {"Ref": "JqlPollerLogs"}
    assert failed["FilterPattern"] == '{ $.message = "poll failed" }'
    assert alarm["MetricName"] == transformation["MetricName"]
    assert (alarm["Period"], alarm["EvaluationPeriods"], alarm["DatapointsToAlarm"]) == (60, 10, 5)


@pytest.mark.parametrize("name", ["SubscriptionsEnabled", "SweepProblems"])
def test_p20_an_alarm_tells_of_a_webhook_that_was_off_and_of_sweeps_that_lacked_something(
    name: str,
) -> None:
    told = SweepResult(at=datetime.now(UTC), since=None).facts()
    (transformation,) = _properties(name)["MetricTransformations"]
    alarms = TEMPLATE.of_type("AWS::CloudWatch::Alarm").values()

    assert _properties(name)["LogGroupName"] == {"Ref": "JqlPollerLogs"}
    read = set(re.findall(r"\$\.(\w+)", _properties(name)["FilterPattern"])) - {"message"}
    assert read <= set(told)
    (alarm,) = [one for one in alarms if one["MetricName"] == transformation["MetricName"]]
    assert alarm["Period"] == 900


@pytest.mark.parametrize(
    ("name", "field", "periods"), [("Attentions", "attentions", 1), ("Owing", "owing", 5)]
)
def test_g6_an_alarm_tells_of_attentions_and_of_what_is_owed_for_an_hour(
    name: str, field: str, periods: int
) -> None:
    counted, alarm = _properties(name), _properties(f"{name}Alarm")

    assert counted["LogGroupName"] == {"Ref": "JqlPollerLogs"}
    assert counted["FilterPattern"] == f'{{ $.message = "sweep done" && $.{field} > 0 }}'
    assert counted["MetricTransformations"][0]["MetricName"] == alarm["MetricName"]
    assert alarm["EvaluationPeriods"] == periods


def test_p27_an_alarm_tells_of_a_pause_whatever_became_of_its_search() -> None:
    """A search that is cut is logged as another event, and holds matches back all the same."""
    held = _properties("HeldMatches")
    (transformation,) = held["MetricTransformations"]

    assert held["LogGroupName"] == {"Ref": "JqlPollerLogs"}
    assert held["FilterPattern"] == "{ $.held > 0 }"
    assert transformation["MetricValue"] == "$.held"
    assert "held" in Polled(about="mapping ops-bug").facts()


def test_an_alarm_rings_when_the_schedules_start_nothing_any_more() -> None:
    """Also while only sweeps come, one in fifteen minutes; one full period makes it well again."""
    poller = {"FunctionName": {"Ref": "JqlPollerFunction"}}
    (alarm,) = _alarms("AWS/Lambda", "Invocations", poller)

    assert (alarm["ComparisonOperator"], alarm["Statistic"]) == ("LessThanThreshold", "Sum")
    assert (alarm["Period"], alarm["EvaluationPeriods"], alarm["DatapointsToAlarm"]) == (300, 3, 3)
    assert alarm["Threshold"] == 2
    assert alarm["TreatMissingData"] == "breaching"


def test_an_alarm_tells_of_webhooks_answered_with_a_server_error() -> None:
    api = {"ApiName": _properties("Api")["Name"], "Stage": {"Ref": "Api.Stage"}}

    assert len(_alarms("AWS/ApiGateway", "5XXError", api)) == 1


def test_every_alarm_names_the_page_that_tells_more() -> None:
    page = re.escape(TEMPLATE.outputs["AdminUrl"]["Value"]["Fn::Sub"])

    for name, alarm in TEMPLATE.of_type("AWS::CloudWatch::Alarm").items():
        says = alarm["AlarmDescription"]["Fn::Sub"]
        assert re.search(rf" {page}/(?:problems|health) ", says), name


def test_every_alarm_says_what_is_wrong_and_reaches_the_topic() -> None:
    for name, alarm in TEMPLATE.of_type("AWS::CloudWatch::Alarm").items():
        assert alarm["AlarmDescription"], name
        assert alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}], name
        is_of_silence = alarm["ComparisonOperator"] == "LessThanThreshold"
        wanted = "breaching" if is_of_silence else "notBreaching"
        assert alarm["TreatMissingData"] == wanted, name


def test_the_topic_sends_e_mail_only_where_an_address_is_given() -> None:
    subscription = TEMPLATE.resources["AlarmEmailSubscription"]

    assert subscription["Condition"] == "SendsEmail"
    assert subscription["Properties"]["Protocol"] == "email"
    assert subscription["Properties"]["Endpoint"] == {"Ref": "AlarmEmail"}


# ---- helpers


def _properties(logical_id: str) -> dict[str, Any]:
    return dict(TEMPLATE.resources[logical_id]["Properties"])


def _role(function: str) -> dict[str, Any]:
    return _properties(FUNCTIONS[function]["Role"]["Fn::GetAtt"][0])


def _alarms(
    namespace: str, metric: str, dimensions: abc.Mapping[str, object]
) -> list[dict[str, Any]]:
    return [
        alarm
        for alarm in TEMPLATE.of_type("AWS::CloudWatch::Alarm").values()
        if (alarm["Namespace"], alarm["MetricName"]) == (namespace, metric)
        and {one["Name"]: one["Value"] for one in alarm["Dimensions"]} == dimensions
    ]


def _keys(table_or_index: dict[str, Any]) -> dict[str, str]:
    return {key["AttributeName"]: key["KeyType"] for key in table_or_index["KeySchema"]}


def _as_list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _top_level_names(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in tree.body:
        match node:
            case ast.FunctionDef(name=name):
                names.add(name)
            case ast.Assign(targets=targets):
                names |= {target.id for target in targets if isinstance(target, ast.Name)}
            case ast.AnnAssign(target=ast.Name(id=name)):
                names.add(name)
            case ast.ImportFrom(names=aliases):
                names |= {alias.asname or alias.name for alias in aliases}
            case _:
                pass
    return names
