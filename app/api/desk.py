"""How a request finds the desk that its use cases work at."""

from typing import Annotated

from fastapi import Depends, Request

from app.services.desk import Desk


def desk_of(request: Request) -> Desk:
    """This function will give the desk that the application was made with."""
    desk: Desk = request.app.state.desk
    return desk


AtDesk = Annotated[Desk, Depends(desk_of)]
