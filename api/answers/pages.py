"""Lists, page by page."""

from typing import Generic, TypeVar

from typing_extensions import TypedDict

from api.answers.values import Uri

T = TypeVar("T")


class Page(TypedDict, Generic[T]):
    """One page of a list."""

    value: list[T]
    nextLink: Uri | None
    """The URL of the next page, to be called as it is."""
