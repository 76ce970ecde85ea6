"""ledgerfile"""
