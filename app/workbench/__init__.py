"""What notebooks stand on: a desk of their own on one ledger, and pictures. An edge, thin as the others."""
