"""Writes what people circulate: report workbooks and bulletins. Pure writers; what they say comes in."""
