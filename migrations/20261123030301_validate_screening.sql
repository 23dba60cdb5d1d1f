-- By itself, so that the long look at the table holds no lock that requests wait for.
alter table applications validate constraint applications_screening_check;
