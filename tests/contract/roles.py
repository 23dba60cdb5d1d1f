"""Asks the running board every operation of its document as each role.

    roles.py BASE_URL ACCOUNTS_FILE OUTPUT_FOLDER EXAMPLES [ROLE ...]

Fails where an answer breaks the document, and where a role's answers show that it
was no longer signed in.
"""

import collections
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).parent
ROLES = ["anonymous", "freelancer", "employer", "verified-employer", "admin"]
# Of one role. Reached only when something hangs.
MOST_SECONDS = 5400


def in_turn(roles, ask_as):
    """Two at once, and the administrator, who changes what the others meet, at last."""
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        others = [role for role in roles if role != "admin"]
        yield from zip(others, pool.map(ask_as, others))
    if "admin" in roles:
        yield "admin", ask_as("admin")


def ask(role, base, accounts, output, examples):
    """One run of schemathesis. Gives how long it took, its status and verdict, and the
    answers by operation."""
    started = time.monotonic()
    report, counts = output / f"{role}.json", output / f"{role}.counts.json"
    for old in (report, counts):
        old.unlink(missing_ok=True)
    environment = os.environ | {
        "CONTRACT_BASE": base,
        "CONTRACT_KEEP": " ".join(account["id"] for account in accounts.values()),
        "CONTRACT_COUNTS": str(counts),
        "PYTHONPATH": str(HERE),
        "PYTHONDONTWRITEBYTECODE": "1",
        "SCHEMATHESIS_HOOKS": "hooks",
    }
    if role in accounts:
        environment["CONTRACT_ACCOUNT"] = json.dumps(accounts[role])
    command = [
        str(pathlib.Path(sys.executable).with_name("schemathesis")),
        "--config-file",
        str(HERE / "schemathesis.toml"),
        "run",
        f"{base}/api/schema/",
        "--url",
        base,
        "--max-examples",
        str(examples),
        "--report-json-path",
        str(report),
    ]
    with open(output / f"{role}.log", "w", encoding="utf-8") as log:
        status = subprocess.run(
            command,
            env=environment,
            cwd=output,
            stdout=log,
            stderr=subprocess.STDOUT,
            timeout=MOST_SECONDS,
            check=False,
        ).returncode
    verdict = json.loads(report.read_text()) if report.exists() else None
    answers = json.loads(counts.read_text()) if counts.exists() else {}
    return time.monotonic() - started, status, verdict, answers


def main():
    base, accounts_file, output, examples, *wanted = sys.argv[1:]
    accounts = json.loads(pathlib.Path(accounts_file).read_text())
    output = pathlib.Path(output)
    succeeded = collections.Counter()
    operations, requests, failed = set(), 0, []
    print(f"{'role':<18}{'operations':>11}{'requests':>10}{'2xx':>8}{'4xx':>8}{'5xx':>5}{'failures':>10}{'seconds':>9}")
    roles = [role for role in ROLES if role in (wanted or ROLES)]
    for role, (seconds, status, verdict, answers) in in_turn(
        roles, lambda role: ask(role, base, accounts, output, examples)
    ):
        by_class = collections.Counter()
        for operation, statuses in answers.items():
            for code, count in statuses.items():
                by_class[code[0]] += count
                succeeded[operation] += count if code[0] == "2" else 0
        total = sum(by_class.values())
        operations |= set(answers)
        requests += total
        failures = len(verdict["failures"]) + len(verdict["errors"]) if verdict else 1
        print(
            f"{role:<18}{len(answers):>11}{total:>10}{by_class['2']:>8}{by_class['4']:>8}"
            f"{by_class['5']:>5}{failures:>10}{seconds:>9.0f}",
            flush=True,
        )
        if status != 0 or failures or by_class["5"]:
            failed.append(role)
    print(f"{len(operations)} operations, {requests} requests, {examples} examples of each operation")
    never = sorted(operation for operation in operations if not succeeded[operation])
    if never:
        print("never answered with success:", *never, sep="\n  ")
    for role in failed:
        print(f"\n==== {role} ====\n" + (output / f"{role}.log").read_text(), file=sys.stderr)
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
