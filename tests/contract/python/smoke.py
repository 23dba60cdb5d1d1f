"""A generated client against the running board: what it parses is what is answered."""

import sys
import time

from board_client import AuthenticatedClient, Client
from board_client.api.applications import create_application, get_application
from board_client.api.auth import login, register
from board_client.api.jobs import create_job, get_job, list_jobs
from board_client.api.search import search_jobs
from board_client.api.users import get_user_profile
from board_client.models import (
    Application,
    ApplicationCreate,
    ApplicationStatus,
    Job,
    JobInput,
    JobStatus,
    JobType,
    Login,
    Problem,
    Register,
    RegisterRole,
    TokenPair,
)

BASE = sys.argv[1]
PASSWORD = "correct horse battery staple"
RUN = time.time_ns()
anonymous = Client(base_url=BASE)


def account(role):
    email = f"python-{role.value}-{RUN}@example.invalid"
    registered = register.sync_detailed(
        client=anonymous, body=Register(email=email, password=PASSWORD, role=role)
    )
    assert registered.status_code == 201, registered.content
    assert registered.parsed.user.email == email
    tokens = login.sync(client=anonymous, body=Login(email=email, password=PASSWORD))
    assert isinstance(tokens, TokenPair), tokens
    return AuthenticatedClient(base_url=BASE, token=tokens.access)


def main():
    employer = account(RegisterRole.EMPLOYER)
    freelancer = account(RegisterRole.FREELANCER)

    job = create_job.sync(
        client=employer,
        body=JobInput(
            title="Typed developer",
            company=f"Typed Company {RUN}",
            description="You write clients that parse.",
            location="Hamburg, Germany",
            salary_min="60000",
            salary_max=80000.0,
            salary_currency="EUR",
            job_type=JobType.FULL_TIME,
            status=JobStatus.PUBLISHED,
        ),
    )
    assert isinstance(job, Job), job
    assert float(job.salary_min) == 60000
    # What may be null is read as such.
    assert job.experience_level is None and job.category is None
    assert get_job.sync(id=job.id, client=anonymous) == job

    found = search_jobs.sync(
        client=anonymous, q="developer", job_type=[JobType.FULL_TIME], page_size=5
    )
    assert len(found.results) == 5, found
    page = list_jobs.sync(client=anonymous, page=1, page_size=100)
    assert page.count > 100 and len(page.results) == 100

    application = create_application.sync(
        client=freelancer, body=ApplicationCreate(job_id=job.id, cover_letter="I parse.")
    )
    assert isinstance(application, Application), application
    read = get_application.sync(id=application.id, client=employer)
    assert read.status is ApplicationStatus.PENDING

    # Problems are typed too.
    refused = create_job.sync_detailed(
        client=employer, body=JobInput(title="", company="")
    )
    assert refused.status_code == 422
    assert isinstance(refused.parsed, Problem)
    assert refused.parsed.code == "validation_failed"
    assert sorted(error.field for error in refused.parsed.errors) == ["company", "title"]

    unknown = get_user_profile.sync_detailed(client=anonymous)
    assert unknown.status_code == 401
    assert unknown.parsed.code == "credentials_required"
    print("the Python client works")


if __name__ == "__main__":
    main()
