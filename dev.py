#!/usr/bin/env python3
"""Set up and run Steelyard from a bare Python: `python3 dev.py help`.

Standard library only. Everything is written below the repository, or below STEELYARD_HOME where that is set.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

HELP = """\
python3 dev.py COMMAND [arguments]

  run      set up, load the example organizations, serve them, print the address (Ctrl-C ends it)
  test     set up and run the tests; arguments go to pytest
  check    format, lint, types, import contract
  bench    set up and run the benchmarks
  drill    set up and run the drills of docs/drills.md at full size; names choose some
  lock     resolve the dependencies anew into the requirements files; --upgrade takes newer versions
  help     this text

Set up = an environment with the locked packages; the first time it takes about half a minute, later nothing.
It lives in .venv, data and caches in .steelyard; STEELYARD_HOME=/some/folder moves all of it there.
Nothing outside is touched, but for one case that is announced: on Debian, as root, Python's venv module is installed.
"""

ROOT = Path(__file__).resolve().parent
PYTHONS = ((3, 11), (3, 12), (3, 13))
TEST_WORKERS = 2

RUNTIME_LOCK = ROOT / "requirements.txt"
DEVELOPMENT_LOCK = ROOT / "requirements-dev.txt"
INSTALLER_LOCK = ROOT / "requirements-uv.txt"
INSTALLER = "uv"


def main(arguments: list[str]) -> int:
    command, rest = (arguments[0], arguments[1:]) if arguments else ("help", [])
    if command in ("help", "-h", "--help"):
        print(HELP, end="")
        return 0
    if command not in COMMANDS:
        print(f"dev.py: no command {command!r}\n\n{HELP}", end="", file=sys.stderr)
        return 2
    require_python()
    os.chdir(ROOT)
    os.environ.update(environment())
    return COMMANDS[command](rest)


# --- the commands ---------------------------------------------------------------------------------------------------


def run(arguments: list[str]) -> int:
    python = set_up(RUNTIME_LOCK)
    # In place of this process: signals and the exit status are the service's own.
    os.execv(python, [str(python), "-m", "services", "run", *arguments])


def test(arguments: list[str]) -> int:
    python = set_up(DEVELOPMENT_LOCK)
    workers = [] if any(word.startswith("-n") for word in arguments) else ["-n", str(TEST_WORKERS)]
    return subprocess.call([python, "-m", "pytest", *workers, *arguments])


def check(arguments: list[str]) -> int:
    """Run every tool even after one complained: one round shows everything."""
    programs = set_up(DEVELOPMENT_LOCK).parent
    tools: Sequence[Sequence[str | Path]] = [
        [programs / "ruff", "format", "--check"],
        [programs / "ruff", "check"],
        [programs / "mypy"],
        [programs / "lint-imports", "--no-logo", "--cache-dir", home() / "cache" / "import-linter"],
    ]
    failed = []
    for tool in tools:
        name = " ".join(Path(word).name for word in tool[:2] if not str(word).startswith("-"))
        started = time.monotonic()
        status = subprocess.call(tool)
        say(f"{name}: {'clean' if status == 0 else 'NOT CLEAN'} ({time.monotonic() - started:.1f} s)")
        if status:
            failed.append(name)
    return 1 if failed else 0


def drill(names: list[str]) -> int:
    os.environ["STEELYARD_DRILL"] = "full"
    return test(["-n0", "tests/faults", "-k", " or ".join(names)])


def bench(arguments: list[str]) -> int:
    python = set_up(DEVELOPMENT_LOCK)
    os.execv(python, [str(python), "-m", "bench", *arguments])


def lock(arguments: list[str]) -> int:
    """One resolution for all supported Pythons and systems; the development lock holds the runtime's versions."""
    import tomllib  # from 3.11 on, which is only certain by now

    installer = find_installer(make_environment())
    if installer is None:
        return fail("lock needs uv, and it could not be installed")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    # The project itself is built without isolation, so its build tool is locked like everything else.
    build_tools = "\n".join(project["build-system"]["requires"])
    resolve(installer, RUNTIME_LOCK, ["pyproject.toml", "-"], build_tools, arguments)
    inherited = ["--group", "dev", "--constraint", str(RUNTIME_LOCK)]
    resolve(installer, DEVELOPMENT_LOCK, ["pyproject.toml", "-", *inherited], build_tools, arguments)
    resolve(installer, INSTALLER_LOCK, ["-"], INSTALLER, arguments)
    return 0


def resolve(installer: Path, target: Path, sources: list[str], stdin: str, arguments: list[str]) -> None:
    options = ["--universal", "--generate-hashes", "--no-emit-index-url", "--no-annotate", "--quiet"]
    options += ["--python-version", ".".join(map(str, PYTHONS[0])), "--custom-compile-command", "python3 dev.py lock"]
    command: list[str | Path] = [installer, "pip", "compile", *sources, *options, *arguments, "--output-file", target]
    subprocess.run(command, input=stdin, text=True, check=True, stdout=subprocess.DEVNULL)
    # Where packages came from is a matter of the machine that locked them, not of those that install them.
    kept = [line for line in target.read_text().splitlines() if "://" not in line and not line.startswith("--")]
    target.write_text("\n".join(kept) + "\n")
    say(f"wrote {target.name}")


COMMANDS = {"run": run, "test": test, "check": check, "bench": bench, "drill": drill, "lock": lock}


# --- where things are -----------------------------------------------------------------------------------------------


def home() -> Path:
    """The folder of all data and caches."""
    return Path(os.environ.get("STEELYARD_HOME") or ROOT / ".steelyard").resolve()


def virtual_environment() -> Path:
    """Beside this file, where editors look for it; below STEELYARD_HOME once that points elsewhere."""
    return ROOT / ".venv" if home() == ROOT / ".steelyard" else home() / "venv"


def environment() -> dict[str, str]:
    """Variables for everything started from here: caches below home, whatever HOME is, and no surprises from uv."""
    cache = home() / "cache"
    variables = {
        "STEELYARD_HOME": str(home()),
        # The project's build tool looks for its program here.
        "PATH": os.pathsep.join([str(interpreter().parent), os.environ.get("PATH", os.defpath)]),
        "PIP_CACHE_DIR": str(cache / "pip"),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "UV_CACHE_DIR": str(cache / "uv"),
        "UV_PYTHON_DOWNLOADS": "never",
        "MYPY_CACHE_DIR": str(cache / "mypy"),
        "RUFF_CACHE_DIR": str(cache / "ruff"),
        "HYPOTHESIS_STORAGE_DIRECTORY": str(cache / "hypothesis"),
    }
    if system_certificates_exist():
        # A company's own certificate authority is known to the system, not to uv.
        variables["UV_SYSTEM_CERTS"] = "1"
    return variables


def system_certificates_exist() -> bool:
    paths = ssl.get_default_verify_paths()
    return paths.cafile is not None or (paths.capath is not None and any(Path(paths.capath).iterdir()))


# --- setting up -----------------------------------------------------------------------------------------------------


def set_up(lock_file: Path) -> Path:
    """The environment's Python, with exactly the locked packages and the project itself installed."""
    wanted = stamp_of(lock_file)
    stamp = virtual_environment() / f"{lock_file.stem}.stamp"
    if not (stamp.exists() and stamp.read_text() == wanted and interpreter().exists()):
        with setup_lock():
            python = make_environment()
            say(f"installing the packages of {lock_file.name}")
            started = time.monotonic()
            install(python, lock_file)
            stamp.write_text(wanted)
            say(f"installed in {time.monotonic() - started:.0f} s")
    return interpreter()


def stamp_of(lock_file: Path) -> str:
    digest = hashlib.sha256(f"{ROOT}\n{sys.version_info[:2]}\n".encode())
    for file in (lock_file, ROOT / "pyproject.toml"):
        digest.update(file.read_bytes())
    return digest.hexdigest()


@contextlib.contextmanager
def setup_lock() -> Iterator[None]:
    """Two commands started at once set up one after the other."""
    home().mkdir(parents=True, exist_ok=True)
    with (home() / "setup.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def make_environment() -> Path:
    """The environment's Python; made if it is missing or no longer runs."""
    target = virtual_environment()
    if interpreter().exists() and succeeds([interpreter(), "-c", "import pip"]):
        return interpreter()
    require_venv_module()
    say(f"making an environment in {target}")
    shutil.rmtree(target, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", target], check=True)
    return interpreter()


def interpreter() -> Path:
    return virtual_environment() / "bin" / "python"


def install(python: Path, lock_file: Path) -> None:
    """With uv where it can be had, else with pip, which is slower; every file is checked against its locked hash."""
    locked = ["--require-hashes", "--only-binary", ":all:", "-r", str(lock_file)]
    # The project is these very files, so there is nothing to compare with a hash; what builds it is in the lock.
    project = ["--no-deps", "--no-build-isolation", "-e", str(ROOT)]
    installer = find_installer(python)
    with_pip: list[str | Path] = [python, "-m", "pip", "install", "--quiet"]
    with_uv: list[str | Path] = [installer or "", "pip", "install", "--quiet", "--python", python]
    if installer and all(succeeds([*with_uv, *words], show_errors=True) for words in (locked, project)):
        return
    if installer:
        say("uv could not install them, trying pip")
    for words in (locked, project):
        subprocess.run([*with_pip, *words], check=True)


def find_installer(python: Path) -> Path | None:
    found = shutil.which(INSTALLER)
    if found and succeeds([found, "--version"]):
        return Path(found)
    own = python.parent / INSTALLER
    command: list[str | Path] = [python, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", INSTALLER_LOCK]
    if own.exists() or succeeds(command):
        return own
    return None


def require_python() -> None:
    """Go on with a Python this project supports, if this one is not."""
    if sys.version_info[:2] in PYTHONS:
        return
    for version in reversed(PYTHONS):
        name = f"python{version[0]}.{version[1]}"
        found = shutil.which(name)
        if found and succeeds([found, "-c", "pass"]):
            os.execv(found, [found, *sys.argv])
    names = ", ".join(".".join(map(str, version)) for version in PYTHONS)
    sys.exit(fail(f"needs Python {names}; this is {sys.version.split()[0]}, and no other was found in PATH"))


def require_venv_module() -> None:
    """Debian ships Python without it: install it if we may, else say how."""
    if succeeds([sys.executable, "-c", "import venv, ensurepip"]):
        return
    package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    command = ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", package]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        say(f"Python has no venv module: installing {package} with apt-get, the one thing outside this folder")
        os.environ["DEBIAN_FRONTEND"] = "noninteractive"
        if succeeds(command) or (succeeds(["apt-get", "update", "--quiet"]) and succeeds(command, show_errors=True)):
            return
    sys.exit(fail(f"Python has no venv module. Install it, then start again:\n  sudo apt-get install {package}"))


def succeeds(command: Sequence[str | Path], show_errors: bool = False) -> bool:
    return subprocess.call(command, stdout=subprocess.DEVNULL, stderr=None if show_errors else subprocess.DEVNULL) == 0


def say(text: str) -> None:
    print(f"dev.py: {text}", flush=True)


def fail(text: str) -> int:
    print(f"dev.py: {text}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except subprocess.CalledProcessError as error:
        sys.exit(fail(f"{Path(error.cmd[0]).name} ended with status {error.returncode}"))
    except KeyboardInterrupt:
        sys.exit(130)
