"""CIDs of content, and between CIDs and digests."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nosana.ipfs import NO_RESULT, cid_from_digest, cid_of, digest_of


@pytest.mark.parametrize(
    ("data", "cid"),
    [
        (b"hello world\n", "QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o"),
        (b"", "QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH"),
    ],
)
def test_content_gets_the_cid_that_ipfs_add_gives(data: bytes, cid: str) -> None:
    assert cid_of(data) == cid


@given(st.binary(min_size=32, max_size=32))
def test_every_digest_comes_back_from_its_cid(digest: bytes) -> None:
    assert digest_of(cid_from_digest(digest)) == digest


def test_the_zero_digest_is_the_networks_no_result() -> None:
    assert cid_from_digest(NO_RESULT) == "QmNLei78zWmzUdbeRB3CiUfAizWUrbeeZh5K1rhAQKCh51"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi",
        "Qm" + "1" * 44,
        "QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5",
        "QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5O",
        "../../../etc/passwd",
        "z" * 46,
        "1" * 5000,
    ],
)
def test_what_is_not_a_cidv0_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="is not a CIDv0"):
        digest_of(text)


def test_a_digest_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        cid_from_digest(b"short")


@pytest.mark.parametrize(
    ("size", "cid"),
    [
        (262_144, "QmeqfRyS3vkku7n6krqC3DgGMex3x2sCpSeKMDmrG13QQq"),
        (262_145, "QmUSjGawaz4ptvREcMKSMJneWCa5j8dAz2wSAAvHtW2rnB"),
        (3_000_000, "QmTdtwzKMjtWmGptPoCaK83huuRM7EWJXfHLnZi5nbF1A4"),
        (45_900_000, "QmXCRFwSy6y1cnFNBczh4rmpzkKL2MuVKsEUmrMsj7b7vx"),
    ],
)
def test_large_content_is_cut_into_a_tree_as_ipfs_add_does(size: int, cid: str) -> None:
    """The CIDs come from the JavaScript importer, CIDv0 without raw leaves."""
    assert cid_of((bytes(range(251)) * (size // 251 + 1))[:size]) == cid
