-- The words, skills, fields and places of freelancers who may be found, turned round:
-- whom an employer is shown for a job is looked for by the job's strongest terms. Who
-- may not be found has no rows here.
create table candidate_terms (
    user_id uuid not null references users on delete cascade,
    -- w: a word, s: a skill's slug, c: a category, p: a place.
    term text not null,
    -- How much of what they say it is.
    weight real not null,
    constraint candidate_terms_key primary key (user_id, term),
    constraint candidate_terms_term_check check (term ~ '^[wscp]:.' and length(term) <= 202),
    constraint candidate_terms_weight_check check (weight > 0 and weight <= 1)
);
-- Those to whom a term means most come first; no more of them are read than are needed.
create index candidate_terms_term_idx on candidate_terms (term, weight desc, user_id);
