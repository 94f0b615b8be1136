"""``python -m tidegate``: runs the program that was installed with this module."""

import os
import subprocess
import sys
import sysconfig


def find_binary():
    """The path of the program: in the scripts of this Python, of the user, or beside a ``--target`` folder."""
    name = "tidegate" + (sysconfig.get_config_var("EXE") or "")
    user_scheme = sysconfig.get_preferred_scheme("user") if sys.version_info >= (3, 10) else os.name + "_user"
    beside = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    folders = [
        sysconfig.get_path("scripts"),
        sysconfig.get_path("scripts", scheme=user_scheme),
        os.path.join(beside, "bin"),
    ]
    for folder in folders:
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            return path
    raise FileNotFoundError("the program tidegate is in none of " + ", ".join(folders))


def main():
    """Hands over to the program, with its arguments and its exit status."""
    binary = find_binary()
    if sys.platform == "win32":
        sys.exit(subprocess.run([binary, *sys.argv[1:]]).returncode)
    os.execv(binary, [binary, *sys.argv[1:]])


if __name__ == "__main__":
    main()
