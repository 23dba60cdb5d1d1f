-- What mails on a company's behalf name as their sender; null: its name.
alter table companies
    add column mail_sender_name text
        constraint companies_mail_sender_name_check check (length(mail_sender_name) between 1 and 100);
