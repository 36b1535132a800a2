"""The pinned tools that stand outside the project's environment, and how they are started."""

import os
import platform
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SANDBOX = ROOT / ".sandbox"
PYTHON_RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"

_LAMBDA_NAMES = {"amd64": "x86_64", "aarch64": "arm64"}
_MACHINE = platform.machine().lower()
ARCHITECTURE = _LAMBDA_NAMES.get(_MACHINE, _MACHINE)


@cache
def pins() -> dict[str, str]:
    """Version of each tool, by the names of `tools.env`."""
    lines = (Path(__file__).parent / "tools.env").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def sam(*arguments: str) -> list[str]:
    """The command line of sam."""
    return _uvx(f"aws-sam-cli=={pins()['SAM_VERSION']}", "sam", *arguments)


def aws_cli() -> list[str]:
    """The command line of AWS's own command, in the version that PyPI has."""
    return _uvx(f"awscli=={pins()['AWS_CLI_VERSION']}", "aws")


@cache
def ministack_executable() -> Path:
    """Where MiniStack lies, installed if need be.

    Functions run on the interpreter that MiniStack runs on, so it is the one that runs us.
    """
    command = _uvx(
        f"ministack=={pins()['MINISTACK_VERSION']}",
        *("--with", f"boto3=={pins()['MINISTACK_BOTO3_VERSION']}"),
        *("--with", f"aws-sam-translator=={pins()['MINISTACK_SAM_TRANSLATOR_VERSION']}"),
        *("python", "-c", "import sys; print(sys.executable)"),
    )
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return Path(answer.stdout.strip()).with_name("ministack")


def aws_environment(endpoint: str) -> dict[str, str]:
    """The environment of a command that talks to the local AWS and can reach no other one."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return inherited | {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        "SAM_CLI_TELEMETRY": "0",
        "SAM_CLI_POLL_DELAY": "0.1",
    }


def build_environment() -> dict[str, str]:
    """The environment of `sam build`: it looks for the runtime's Python on the path."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    return os.environ | {"PATH": path, "SAM_CLI_TELEMETRY": "0"}


def _uvx(package: str, *command: str) -> list[str]:
    options = ["--quiet", "--python", sys.executable, "--from", package]
    return [_find_uvx(), *options, *command]


def _find_uvx() -> str:
    own = ROOT / ".tools" / "bin" / "uvx"
    found = str(own) if own.exists() else shutil.which("uvx")
    if found is None:
        raise SystemExit("uv is missing here: run `make setup` once.")
    return found
