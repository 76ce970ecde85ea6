"""What a county computes over all its loans: funds, subsidies, findings, statistics, reports."""
