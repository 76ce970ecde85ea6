"""warning"""
