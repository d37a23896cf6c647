"""Floor 5: what screens, mails and operators read, in a fixed number of SQL statements; changes nothing."""
