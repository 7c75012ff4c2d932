"""Vectors of others: RFC 6962 hashes, and the JCS samples of RFC 8785 as far as our profile reaches."""

import json
from pathlib import Path
from typing import Any

import pytest

from services.action_log import canonical
from services.action_log.merkle import (
    EMPTY_ROOT,
    Frontier,
    TreeHead,
    check_consistency,
    check_inclusion,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_at,
)
from services.errors import BadInput

pytestmark = pytest.mark.interop

INSIDE = ("arrays", "unicode")
OUTSIDE = ("french", "structures", "values", "weird")


@pytest.fixture(scope="module")
def hashes(shared: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((shared / "vectors" / "rfc6962-hashes.json").read_text())
    return found


def test_rfc_6962_leaf_node_and_empty_hashes(hashes: dict[str, Any]) -> None:
    compute = {
        "empty_root": lambda case: EMPTY_ROOT,
        "leaf": lambda case: leaf_hash(case["data_utf8"].encode()),
        "node": lambda case: node_hash(case["left_utf8"].encode(), case["right_utf8"].encode()),
    }
    assert len(hashes["cases"]) >= 4
    for case in hashes["cases"]:
        assert compute[case["kind"]](case).hex() == case["want"], case


def test_rfc_6962_roots_by_frontier_and_by_nodes(hashes: dict[str, Any]) -> None:
    leaves = [leaf_hash(bytes.fromhex(text)) for text in hashes["leaves_hex"]]
    frontier = Frontier()

    def node(level: int, index: int) -> bytes:
        return leaves[index] if level == 0 else node_hash(node(level - 1, 2 * index), node(level - 1, 2 * index + 1))

    for size, want in enumerate(hashes["roots_hex"], 1):
        frontier.append(leaves[size - 1])
        assert frontier.root().hex() == want
        assert root_at(size, node).hex() == want
    assert frontier.size == 8


def test_rfc_6962_the_paths_of_the_example_in_section_2_1_3(hashes: dict[str, Any]) -> None:
    """The RFC draws a tree of seven leaves and names the nodes of each path by letter."""
    leaves = [leaf_hash(bytes.fromhex(text)) for text in hashes["leaves_hex"][:7]]
    a, b, c, d, e, f, j = leaves
    g, h, i = node_hash(a, b), node_hash(c, d), node_hash(e, f)
    k, l = node_hash(g, h), node_hash(i, j)  # noqa: E741 (the RFC's letters)
    whole = TreeHead(7, node_hash(k, l))
    assert whole.root.hex() == hashes["roots_hex"][6]

    def node(level: int, index: int) -> bytes:
        return [leaves, [g, h, i], [k]][level][index]

    for index, path in {0: [b, h, l], 3: [c, g, l], 4: [f, j, k], 6: [i, k]}.items():
        assert inclusion_proof(index, 7, node) == path
        assert check_inclusion(leaves[index], index, whole, path)
        assert not check_inclusion(leaves[index], index, whole, path[::-1])
    for old, path in {3: [c, d, g, l], 4: [l], 6: [i, j, k]}.items():
        head = TreeHead(old, bytes.fromhex(hashes["roots_hex"][old - 1]))
        assert consistency_proof(old, 7, node) == path
        assert check_consistency(head, whole, path)
        assert not check_consistency(head, whole, [*path[:-1], a])


@pytest.mark.parametrize("name", INSIDE)
def test_jcs_samples_inside_the_profile_are_byte_equal(shared: Path, name: str) -> None:
    folder = shared / "vectors" / "jcs" / "testdata"
    value = json.loads((folder / "input" / f"{name}.json").read_text("utf-8"))
    body = (folder / "output" / f"{name}.json").read_bytes().rstrip(b"\n")
    assert canonical.dump(value) == body
    assert canonical.load(body) == value
    assert body == bytes.fromhex((folder / "outhex" / f"{name}.txt").read_text())


@pytest.mark.parametrize("name", OUTSIDE)
def test_jcs_samples_outside_the_profile_are_refused(shared: Path, name: str) -> None:
    value = json.loads((shared / "vectors" / "jcs" / "testdata" / "input" / f"{name}.json").read_text("utf-8"))
    with pytest.raises(BadInput):
        canonical.dump(value)


def test_every_jcs_sample_is_named_here(shared: Path) -> None:
    files = (shared / "vectors" / "jcs" / "testdata" / "input").glob("*.json")
    assert sorted(file.stem for file in files) == sorted(INSIDE + OUTSIDE)
