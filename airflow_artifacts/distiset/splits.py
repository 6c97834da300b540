"""Which rows go into which split."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from airflow_artifacts.exceptions import DistisetError

if TYPE_CHECKING:
    from collections.abc import Iterator

TRAIN = "train"
TEST = "test"


def check_train_size(train_size: float | None) -> None:
    """Refuse a share that is no number between 0 and 1.

    Raises:
        DistisetError: It is not.
    """
    if train_size is None:
        return
    if isinstance(train_size, bool) or not isinstance(train_size, int | float) or not 0 < train_size < 1:
        raise DistisetError(
            f"train_size is {train_size!r}, but has to be a number between 0 and 1, without the ends: the share "
            "of the rows that go into the split 'train'. Leave it out for one split with all rows."
        )


def split_sizes(subset: str, rows: int, train_size: float | None) -> dict[str, int]:
    """Give the number of rows of each split.

    Raises:
        DistisetError: A split would have no rows.
    """
    if train_size is None:
        return {TRAIN: rows}
    train = round(rows * train_size)
    if not 0 < train < rows:
        raise DistisetError(
            f"train_size {train_size} of the {rows} rows of subset {subset!r} leaves a split without rows. "
            "Give another share, or leave it out."
        )
    return {TRAIN: train, TEST: rows - train}


def assign(sizes: dict[str, int], seed: int) -> Iterator[str]:
    """Give the split of each row in turn.

    Selection sampling (Knuth, The Art of Computer Programming, volume 2, 3.4.2, algorithm S): each choice of
    rows is equally likely, the numbers are exact, the order stays, and nothing is remembered.
    """
    draw = random.Random(seed)  # noqa: S311 - no secret
    total, wanted = sum(sizes.values()), sizes[TRAIN]
    for left in range(total, 0, -1):
        chosen = left * draw.random() < wanted
        wanted -= chosen
        yield TRAIN if chosen else TEST
