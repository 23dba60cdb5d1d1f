-- By itself, so that the long look at the table holds no lock that requests wait for.
alter table jobs validate constraint jobs_workplace_check;
