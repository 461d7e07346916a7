"""Prints the build requirements, dependencies and extras of pyproject.toml, one per line."""

import sys
import tomllib
from pathlib import Path

pyproject = tomllib.loads(Path("pyproject.toml").read_text())
project = pyproject["project"]
lines = [*pyproject["build-system"]["requires"], *project["dependencies"]]
for requirements in project["optional-dependencies"].values():
    lines.extend(line for line in requirements if not line.startswith(project["name"]))
sys.stdout.write("\n".join(dict.fromkeys(lines)) + "\n")
