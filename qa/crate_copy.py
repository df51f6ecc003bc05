"""A copy of the crate, for scripts that change it to see what the tests say."""

import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ["src", "tests", "fuzz", "benches", "examples", "conformance", ".cargo", ".config"]
FILES = ["Cargo.toml", "build.rs", "README.md", ".rustfmt.toml"]
# what is built, and what the tests of the crate do without
LEFT_OUT = shutil.ignore_patterns("target", "node_modules", "differential")


def copy_crate(to):
    """All that the tests need. What was compiled there stays, and times are kept, so that little is compiled anew."""
    to.mkdir(parents=True, exist_ok=True)
    for name in FOLDERS:
        shutil.rmtree(to / name, ignore_errors=True)
        shutil.copytree(ROOT / name, to / name, ignore=LEFT_OUT)
    for name in FILES:
        shutil.copy2(ROOT / name, to / name)
    # a run that was broken off has left a change behind, compiled from a file that was newer than this one
    (to / "src/lib.rs").touch()
