"""The window on a long list, against a plain list: whatever is read in whatever order, the rows are the list's."""

from hypothesis import given, settings, strategies as st

from screens.kit.pages import Answer, Ask, Pages

SIZE = 10


class Listed:
    """A sorted list of numbers as a keyset source."""

    def __init__(self, rows: list[int]) -> None:
        self.rows = rows

    def read(self, ask: Ask[int]) -> Answer[int, int]:
        rows = self.rows
        if ask.after is not None:
            rows = [r for r in rows if (r < ask.after if ask.reverse else r > ask.after)]
        part = tuple(rows[-ask.limit :] if ask.reverse else rows[: ask.limit])
        return Answer(part, part[0] if part else None, part[-1] if part else None)


def look(pages: Pages[int, int], source: Listed, low: int, high: int) -> int:
    reads = 0
    while (ask := pages.want(low, high)) is not None:
        pages.put(ask, source.read(ask))
        reads += 1
        assert reads < 400, "it never ends"
    return reads


@settings(deadline=None)
@given(
    st.integers(0, 400), st.lists(st.tuples(st.sampled_from(["at", "end", "home"]), st.integers(0, 399)), max_size=8)
)
def test_rows_in_view_are_the_lists_rows(count: int, places: list[tuple[str, int]]) -> None:
    source = Listed([n * 3 for n in range(count)])
    pages: Pages[int, int] = Pages(str, size=SIZE, keep=5)
    pages.count(count)
    look(pages, source, 0, 15)
    for word, place in places:
        low = {"at": min(place, max(0, count - 1)), "end": max(0, count - 15), "home": 0}[word]
        look(pages, source, low, low + 14)
        seen = [pages.row(i) for i in range(low, min(low + 15, count))]
        assert seen == source.rows[low : low + 15]
        assert len(pages.pages) <= 5
        assert pages.total == count


def test_the_end_of_a_million_is_one_page_away() -> None:
    source = Listed(list(range(2_000)))
    pages: Pages[int, int] = Pages(str, size=SIZE)
    pages.count(2_000)
    look(pages, source, 0, 5)
    assert look(pages, source, 1_985, 1_999) <= 3
    assert pages.row(1_999) == 1_999


def test_an_unknown_total_grows_until_the_end_is_read() -> None:
    source = Listed(list(range(25)))
    pages: Pages[int, int] = Pages(str, size=SIZE)
    pages.put(ask := Ask(0, None, False, SIZE), source.read(ask))
    assert pages.total > 10
    look(pages, source, 0, 30)
    assert pages.total == 25


def test_rows_that_came_in_before_move_the_cursors_row() -> None:
    source = Listed(list(range(100, 200)))
    pages: Pages[int, int] = Pages(str, size=SIZE)
    pages.count(100)
    look(pages, source, 0, 12)
    assert pages.find("105") == 5
    source.rows = [1, 2, 3, *source.rows]
    pages.refresh()
    pages.count(103)
    look(pages, source, 0, 12)
    assert pages.find("105") == 8
    assert [pages.row(i) for i in range(15)] == source.rows[:15]
