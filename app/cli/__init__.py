"""The command `xindeng`: thin edges that parse, call one service and print."""
