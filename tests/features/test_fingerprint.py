import polars as pl

from app.features.fingerprint import row_hashes


def test_missing_and_not_a_number_have_the_same_fingerprint() -> None:
    frame = pl.DataFrame({"x": [None, float("nan"), 0.0, -0.0], "name": ["a", "a", "a", "a"]})

    first, second, zero, minus_zero = row_hashes(frame)

    assert first == second
    assert zero == minus_zero
    assert first != zero


def test_one_row_has_the_fingerprint_it_has_among_many() -> None:
    frame = pl.DataFrame({"n": [1, 2, 3], "flag": [True, False, None], "name": ["a", None, ""]})

    together = row_hashes(frame)

    assert [row_hashes(frame[i])[0] for i in range(3)] == together
    assert len(set(together)) == 3


def test_a_frame_without_text_is_hashed_too() -> None:
    assert len(row_hashes(pl.DataFrame({"n": [1, 1]}))) == 2
