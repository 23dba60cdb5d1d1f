-- A mail that nobody needs any more when its turn comes: unsubscribed from, or of
-- something that was read meanwhile.
alter type email_status add value if not exists 'skipped';
