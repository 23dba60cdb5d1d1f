//! What the check names, and that what it lets pass can be parsed.
