-- Companies are verified on request like employers. Null: nobody asks.
alter table companies
    add column verification_requested_at timestamptz,
    add constraint companies_verification_request_check
        check (not (is_verified and verification_requested_at is not null));

create function verification_of_company(is_verified boolean, requested_at timestamptz)
    returns verification_status
    language sql immutable parallel safe
    as $$
        select case
            when is_verified then 'verified'::verification_status
            when requested_at is not null then 'pending'::verification_status
            else 'unverified'::verification_status
        end
    $$;

-- Every move, of an employer or of a company. Mails about a decision carry its id
-- as their event.
create table verification_changes (
    id uuid primary key default uuid_v7(),
    employer_id uuid references employer_profiles on delete cascade,
    company_id uuid references companies on delete cascade,
    from_status verification_status not null,
    to_status verification_status not null,
    -- Why it was refused or taken back.
    reason text,
    -- Null when the account is gone.
    changed_by uuid references users on delete set null,
    changed_at timestamptz not null default app_now(),
    constraint verification_changes_subject_check check (num_nonnulls(employer_id, company_id) = 1),
    constraint verification_changes_move_check check (from_status <> to_status),
    constraint verification_changes_reason_check
        check ((to_status = 'unverified') = (reason is not null) and length(reason) between 1 and 2000)
);
create index verification_changes_employer_idx on verification_changes (employer_id, id desc) where employer_id is not null;
create index verification_changes_company_idx on verification_changes (company_id, id desc) where company_id is not null;
create index verification_changes_changed_by_idx on verification_changes (changed_by);

-- What administrators go through, by status.
create index employer_profiles_verification_idx on employer_profiles (verification_status, id desc);
create index companies_verification_idx on companies (verification_of_company(is_verified, verification_requested_at), id desc);
