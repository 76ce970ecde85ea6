"""How a request finds the desk that its use cases work at."""

from typing import Annotated

from fastapi import Depends, Request

from app.services.desk import Desk
from app.services.sent import Lines


def desk_of(request: Request) -> Desk:
    """This function will give the desk that the application was made with."""
    desk: Desk = request.app.state.desk
    return desk


AtDesk = Annotated[Desk, Depends(desk_of)]


def lines_of(request: Request) -> Lines:
    """This function will give the lines in which single requests wait to be judged together."""
    lines: Lines = request.app.state.lines
    return lines


AtLines = Annotated[Lines, Depends(lines_of)]
