"""The HTTP interface: parse, call one service, present."""
