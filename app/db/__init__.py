"""The store: tables, repositories and transactions for SQLite and PostgreSQL."""
