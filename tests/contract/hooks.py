"""What schemathesis is told about this API beyond its document.

CONTRACT_ACCOUNT    the account to sign in as, as JSON; anonymous without it
CONTRACT_KEEP       ids of the accounts of all roles, which no case may edit
CONTRACT_COUNTS     file that takes the number of answers by operation and status
"""

import atexit
import collections
import json
import os

import requests
import schemathesis

from rules import beyond_the_schema

ACCOUNT = json.loads(os.environ.get("CONTRACT_ACCOUNT", "null"))
KEEP = set(os.environ.get("CONTRACT_KEEP", "").split())
BASE = os.environ["CONTRACT_BASE"]


if ACCOUNT:

    # Logging out and changing the password end a session: the next 401 leads to
    # a new one.
    @schemathesis.auth(retry_on=[401], refresh_interval=1800)
    class Session:
        def get(self, case, context):
            answer = requests.post(
                BASE + "/api/auth/login/",
                json={"email": ACCOUNT["email"], "password": ACCOUNT["password"]},
                timeout=60,
            )
            answer.raise_for_status()
            return answer.json()["access"]

        def set(self, case, token, context):
            case.headers = case.headers or {}
            case.headers["Authorization"] = f"Bearer {token}"


@schemathesis.hook
def filter_case(context, case):
    """Keeps the accounts that the roles sign in with: an administrator can remove
    any."""
    if case.operation.path == "/api/users/{id}" and case.method in ("PATCH", "DELETE"):
        return str((case.path_parameters or {}).get("id")) not in KEEP
    return True


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """A request that fits the schema may break a rule that no schema can say. Only
    where every error of the answer is one of those rules is it no failure."""
    if type(failure).__name__ != "RejectedPositiveData":
        return True
    try:
        problem = response.json()
    except ValueError:
        return True
    return not beyond_the_schema(problem, lambda field: sent(case, field))


def sent(case, field):
    """The value at `skills.0.name` of the body, or of the query parameter."""
    query = case.query or {}
    if field in query:
        return query[field]
    value = case.body
    for name in field.split("."):
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list) and name.isdigit():
            value = value[int(name)]
        else:
            return None
    return value


answers = collections.defaultdict(collections.Counter)


@schemathesis.hook
def after_call(context, case, response):
    answers[case.operation.label][str(response.status_code)] += 1


@atexit.register
def write_counts():
    path = os.environ.get("CONTRACT_COUNTS")
    if path:
        with open(path, "w", encoding="utf-8") as file:
            json.dump(answers, file)
