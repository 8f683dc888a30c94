//! What the provisioning engine remembers: SQLite or PostgreSQL.
#![forbid(unsafe_code)]
