"""The tree, held against the recursive definition of RFC 6962, written out here once more."""

from hashlib import sha256

import pytest
from hypothesis import given, settings, strategies as st

from services.action_log.merkle import (
    EMPTY_ROOT,
    Frontier,
    TreeHead,
    check_consistency,
    check_inclusion,
    consistency_proof,
    cover,
    inclusion_proof,
    leaf_hash,
    perfect_root,
    root_at,
)  # fmt: skip
from services.action_log.tiles import WIDTH, Tile, TileEdge, edge_of, node_reader
from services.errors import BadInput, Unusable

LEAVES = [sha256(b"\0" + str(i).encode()).digest() for i in range(66_100)]


def mth(leaves: list[bytes]) -> bytes:
    """RFC 6962 2.1, as it is written."""
    if len(leaves) < 2:
        return leaves[0] if leaves else EMPTY_ROOT
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\1" + mth(leaves[:split]) + mth(leaves[split:])).digest()


def naive_node(level: int, index: int) -> bytes:
    return mth(LEAVES[index << level : (index + 1) << level])


def grown(count: int) -> tuple[Frontier, TileEdge, dict[tuple[int, int], bytes]]:
    frontier, edge, tiles = Frontier(), TileEdge(), {}
    for leaf in LEAVES[:count]:
        frontier.append(leaf)
        for tile in edge.append(leaf):
            tiles[tile.level, tile.index] = tile.data
    return frontier, edge, tiles


@given(st.integers(0, 600))
@settings(max_examples=60)
def test_a_frontier_has_the_root_of_the_definition(count: int) -> None:
    frontier, _, _ = grown(count)
    assert frontier.root() == mth(LEAVES[:count])
    again = Frontier.from_bytes(count, frontier.to_bytes())
    again.append(LEAVES[count])
    assert again.root() == mth(LEAVES[: count + 1])
    assert frontier.head() == TreeHead(count, mth(LEAVES[:count]))


def test_subtrees_are_added_whole_and_only_where_they_fit() -> None:
    frontier = Frontier()
    frontier.append_subtree(perfect_root(LEAVES[:256]), 8)
    frontier.append_subtree(perfect_root(LEAVES[256:512]), 8)
    for leaf in LEAVES[512:515]:
        frontier.append(leaf)
    assert frontier.root() == mth(LEAVES[:515])
    with pytest.raises(BadInput):
        frontier.append_subtree(LEAVES[0], 8)


@pytest.mark.parametrize(("size", "data"), [(3, b"x" * 32), (1, b"x" * 31), (-1, b""), (0, b"x" * 32)])
def test_what_is_no_frontier_is_refused(size: int, data: bytes) -> None:
    with pytest.raises(BadInput):
        Frontier.from_bytes(size, data)


@given(st.integers(0, 5000), st.integers(0, 5000))
def test_a_range_is_covered_once_by_complete_nodes(one: int, two: int) -> None:
    start, stop = sorted((one, two))
    at = start
    for level, index in cover(start, stop):
        assert index << level == at
        at += 1 << level
    assert at == max(start, stop)


@given(st.integers(1, 300), st.data())
@settings(max_examples=40)
def test_a_proof_holds_and_no_changed_one_does(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    head = TreeHead(size, mth(LEAVES[:size]))
    path = inclusion_proof(index, size, naive_node)
    assert check_inclusion(LEAVES[index], index, head, path)
    assert not check_inclusion(LEAVES[index + 1], index, head, path)
    assert not check_inclusion(LEAVES[index], index, TreeHead(size, EMPTY_ROOT), path)
    assert not check_inclusion(LEAVES[index], size, head, path)
    assert not check_inclusion(LEAVES[index], -1, head, path)
    assert not check_inclusion(LEAVES[index], index, head, [*path, EMPTY_ROOT])
    for place in range(len(path)):
        assert not check_inclusion(LEAVES[index], index, head, path[:place] + path[place + 1 :])
        assert not check_inclusion(LEAVES[index], index, head, [*path[:place], EMPTY_ROOT, *path[place + 1 :]])


@given(st.integers(1, 300), st.data())
@settings(max_examples=40)
def test_consistency_holds_for_a_prefix_only(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new))
    one, two = TreeHead(old, mth(LEAVES[:old])), TreeHead(new, mth(LEAVES[:new]))
    path = consistency_proof(old, new, naive_node)
    assert check_consistency(one, two, path)
    assert not check_consistency(TreeHead(old, EMPTY_ROOT), two, path)
    assert not check_consistency(one, TreeHead(new, EMPTY_ROOT), path)
    assert not check_consistency(one, two, [*path, EMPTY_ROOT])
    for place in range(len(path)):
        assert not check_consistency(one, two, path[:place] + path[place + 1 :])
        assert not check_consistency(one, two, [*path[:place], EMPTY_ROOT, *path[place + 1 :]])
    assert not check_consistency(two, one, path) or old == new


def test_there_is_no_proof_of_what_is_not_there() -> None:
    for index, size in ((5, 5), (-1, 5), (0, 0)):
        with pytest.raises(BadInput):
            inclusion_proof(index, size, naive_node)
    for old, new in ((0, 5), (6, 5)):
        with pytest.raises(BadInput):
            consistency_proof(old, new, naive_node)


@pytest.mark.parametrize("count", [0, 1, 255, 256, 257, 512, 65_793])
def test_tiles_hold_the_tree_and_the_edge_is_found_again(count: int) -> None:
    frontier, edge, tiles = grown(count)

    def read(level: int, index: int) -> bytes:
        if level == 0 and (0, index) not in tiles:
            return b"".join(LEAVES[index * WIDTH : count][:WIDTH])
        return tiles.get((level, index), b"")

    assert all(len(data) == 8192 for (level, _), data in tiles.items() if level == 0)
    node = node_reader(read)
    for size in {1, count // 3, count // 2, count - 1, count} - {0, -1}:
        if size <= count:
            assert root_at(size, node) == mth(LEAVES[:size])
    tail = LEAVES[count - count % WIDTH : count]
    rows = [row for row in edge.rows if row]
    assert [row for row in edge_of(count, read, tail).rows if row] == rows
    if count:
        head = frontier.head()
        assert check_inclusion(LEAVES[count // 2], count // 2, head, inclusion_proof(count // 2, count, node))


def test_a_proof_in_a_large_log_reads_few_tiles() -> None:
    _, _, tiles = grown(66_000)
    reads: list[tuple[int, int]] = []

    def read(level: int, index: int) -> bytes:
        reads.append((level, index))
        return tiles.get((level, index)) or b"".join(LEAVES[index * WIDTH : 66_000][:WIDTH])

    inclusion_proof(300, 66_000, node_reader(read))
    assert len(reads) <= 4  # its own, one above each, and the unfinished right edge
    reads.clear()
    with pytest.raises(Unusable):
        node_reader(lambda level, index: b"")(3, 1)


def test_the_hash_of_a_leaf_is_not_that_of_a_node() -> None:
    assert leaf_hash(LEAVES[0] + LEAVES[1]) != mth(LEAVES[:2])
    assert Tile(0, 0, b"") == Tile(0, 0, b"")
