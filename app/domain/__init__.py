"""The words of the trade, the ledger's schemas, money and errors; imports nothing above it."""
