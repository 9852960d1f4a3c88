"""How every service opens its database: MySQL or SQLite behind one URL, one schema, forward-only migrations."""
