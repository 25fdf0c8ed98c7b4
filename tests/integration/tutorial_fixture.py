"""Runs a tutorial as it is written: its Python block is a file, its shell blocks are one script."""

import os
import re
import subprocess
import sys

from fleet_fixture import BINARY, SOURCE


def run_tutorial(test, tutorial, folder, program, fleet, first_line="set -eu -o pipefail"):
    """Asserts that all commands succeed and say what the page's `<!-- prints: ... -->` promise.

    `program`: the name under which the page saves its Python block; `fleet` is taken down after it.
    """
    text = tutorial.read_text()
    script = [first_line]
    for language, block in re.findall(r"^```(\w+)\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        if language == "python":
            (folder / program).write_text(block)
        elif language == "bash":
            script.append(block.replace(f"python3 {program}", f"python3 {folder}/{program}"))
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OFFRAMP_")}
    environment["PATH"] = ":".join([os.path.dirname(BINARY), os.path.dirname(sys.executable),
                                    environment["PATH"]])
    environment["XDG_RUNTIME_DIR"] = str(folder)
    try:
        done = subprocess.run(["bash", "-c", "\n".join(script)], cwd=SOURCE, text=True,
                              env=environment, capture_output=True, check=False)
    finally:
        subprocess.run([BINARY, "down", str(fleet)], cwd=SOURCE, env=environment,
                       capture_output=True, check=False)
    test.assertEqual(done.returncode, 0, done.stdout + done.stderr)
    for said in re.findall(r"^<!-- prints: (.*) -->", text, re.MULTILINE):
        test.assertRegex(done.stdout, said)


def check_links(test, tutorial):
    for link in re.findall(r"\]\(([^)#]+)\)", tutorial.read_text()):
        test.assertTrue((tutorial.parent / link).exists(), link)
