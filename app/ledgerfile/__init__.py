"""Ledger files: reads and checks .xlsx and .csv, and writes them; knows no store."""
