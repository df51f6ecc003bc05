"""A copy of the crate, for scripts that change it to see what the tests report: `crate_copy.py FOLDER` makes one."""

import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ["programs", "src", "tests", "fuzz", "benches", "examples", "conformance", "drivers", ".cargo"]
FILES = ["Cargo.toml", "README.md", ".rustfmt.toml"]
# what is built
LEFT_OUT = shutil.ignore_patterns("target", "artifacts", "coverage")


def copy_crate(to):
    """All that the tests need. What was compiled there stays, and times are kept, so that little is compiled again."""
    to.mkdir(parents=True, exist_ok=True)
    for name in FOLDERS:
        shutil.rmtree(to / name, ignore_errors=True)
        shutil.copytree(ROOT / name, to / name, ignore=LEFT_OUT)
    for name in FILES:
        shutil.copy2(ROOT / name, to / name)
    # a run that was broken off has left a change behind, compiled from a file that was newer than this one
    (to / "src/lib.rs").touch()


if __name__ == "__main__":
    copy_crate(Path(sys.argv[1]))
