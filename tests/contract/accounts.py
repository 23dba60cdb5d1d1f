"""The accounts that the board is asked as, one for each role.

    accounts.py BASE_URL CREDENTIALS_FILE > accounts.json

Takes the logins of the sample data and adds an employer whom nobody has verified.
Gives both employers a job with an application, so that each role has something of
its own to work on.
"""

import json
import secrets
import sys
import urllib.error
import urllib.request

# Not one that the document shows: an example would change it, or the address.
PASSWORD = secrets.token_urlsafe(20)


class Client:
    def __init__(self, base, token=None):
        self.base = base.rstrip("/")
        self.token = token

    def request(self, method, path, body=None):
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.base + path, data=data, headers=headers, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            raise SystemExit(f"{method} {path}: {error.code} {error.read().decode()}")
        return json.loads(text) if text else None

    def get(self, path):
        return self.request("GET", path)

    def post(self, path, body=None):
        return self.request("POST", path, body)

    def signed_in(self, email, password):
        tokens = self.post("/api/auth/login/", {"email": email, "password": password})
        return Client(self.base, tokens["access"])


def job_of(employer, company):
    return employer.post(
        "/api/jobs/",
        {
            "title": "Contract tester",
            "company": company,
            "description": "You ask every operation for what it promises.",
            "location": "Hamburg, Germany",
            "salary_min": "60000",
            "salary_max": "80000",
            "salary_currency": "EUR",
            "salary_period": "yearly",
            "job_type": "full_time",
            "status": "published",
        },
    )


def main():
    base, credentials = sys.argv[1:]
    with open(credentials, encoding="utf-8") as file:
        logins = {login["role"]: login for login in json.load(file)}
    # The sample board's employer is verified.
    roles = {
        "freelancer": logins["freelancer"],
        "employer": {"email": "unverified@example.invalid", "password": PASSWORD},
        "verified-employer": logins["employer"],
        "admin": logins["admin"],
    }
    anonymous = Client(base)
    anonymous.post(
        "/api/auth/register/", roles["employer"] | {"role": "employer"}
    )
    clients = {
        role: anonymous.signed_in(login["email"], login["password"])
        for role, login in roles.items()
    }
    for role in ("employer", "verified-employer"):
        job = job_of(clients[role], f"Contract {role}")
        clients["freelancer"].post(
            "/api/applications/", {"job_id": job["id"], "cover_letter": "Here I am."}
        )
    accounts = {
        role: {
            "email": login["email"],
            "password": login["password"],
            "id": clients[role].get("/api/users/profile/")["id"],
        }
        for role, login in roles.items()
    }
    json.dump(accounts, sys.stdout, indent=2)


if __name__ == "__main__":
    main()
