"""What is wrong with a pack, said in both languages."""

from pydantic_core import PydanticCustomError


def mistake(*, zh: str, en: str) -> PydanticCustomError:
    """This function will make the error that a model of the schema raises for a wrong pack."""
    return PydanticCustomError("policy", "{en}", {"zh": zh, "en": en})
