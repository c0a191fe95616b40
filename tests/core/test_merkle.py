"""Digests that stand for many records."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.merkle import EMPTY, day_digest, leaf_hash, node_hash, path_of, root_from, root_of

LEAVES = [leaf_hash(bytes([number])) for number in range(40)]


def test_small_trees_are_what_the_rfc_says() -> None:
    a, b, c = LEAVES[:3]
    assert root_of([]) == EMPTY
    assert root_of([a]) == a
    assert root_of([a, b, c]) == node_hash(node_hash(a, b), c)


@given(count=st.integers(1, 40), data=st.data())
def test_every_leaf_proves_itself_and_no_other(count: int, data: st.DataObject) -> None:
    leaves = LEAVES[:count]
    index = data.draw(st.integers(0, count - 1))
    path = path_of(leaves, index)
    assert root_from(leaves[index], index=index, count=count, path=path) == root_of(leaves)
    assert root_from(leaf_hash(b"forged"), index=index, count=count, path=path) != root_of(leaves)


def test_a_path_of_another_length_and_a_leaf_outside_are_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        root_from(LEAVES[0], index=0, count=5, path=path_of(LEAVES[:4], 0))
    with pytest.raises(ValueError, match="does not fit"):
        root_from(LEAVES[0], index=9, count=4, path=path_of(LEAVES[:4], 0))
    with pytest.raises(IndexError, match="none of them"):
        path_of(LEAVES[:4], 4)


def test_a_day_binds_everything_before_it() -> None:
    day, root = date(2026, 11, 24), root_of(LEAVES)
    digest = day_digest(EMPTY, day, root, 40)
    assert len({digest, day_digest(digest, day, root, 40), day_digest(EMPTY, day, root, 39)}) == 3
