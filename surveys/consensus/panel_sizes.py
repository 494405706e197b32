"""The thresholds of the RAND/UCLA classical definitions, which hang on how many rated.

The table has panels of 8 to 16 and is that of the BIOMED Concerted Action, as BMC Medical Informatics and Decision
Making 2012;12:93 prints it (table 7). In agreement at most 2, 3 or 4 ratings lie outside the region that contains the
median, for panels of 8-10, 11-13 and 14-16; in disagreement at least 3, 4 or 5 lie in each extreme, 1-3 and 7-9.
"""

SMALLEST_IN_TABLE, LARGEST_IN_TABLE = 8, 16


def most_outside(n: int) -> int:
    """Return how many of `n` ratings may at most lie outside the median's region in agreement, floor((n - 2) / 3).

    The formula gives the table, and its steps of three as they go on beyond 16. Below 8 it goes on downwards too: 1 for
    5 to 7, 0 for 2 to 4. So a small panel is rather not called agreed than called so wrongly. For a panel of one the
    formula has -1, which nothing could meet; its one rating is never outside its own region, and 0 says so.
    Raises ValueError for less than one rating.
    """
    _check(n)
    return max(0, (n - 2) // 3)


def least_in_each_extreme(n: int) -> int:
    """Return how many of `n` ratings must at least lie in each of 1-3 and 7-9 in disagreement.

    From 8 on that is floor((n + 1) / 3), which gives the table and goes on in its steps of three. Below 8 it is a third
    of the ratings, ceil(n / 3), the definition in words that is used where there is no table.
    Raises ValueError for less than one rating.
    """
    _check(n)
    return -(-n // 3) if n < SMALLEST_IN_TABLE else (n + 1) // 3


def is_in_table(n: int) -> bool:
    """Whether the table has panels of `n`; what is said of others goes beyond it."""
    return SMALLEST_IN_TABLE <= n <= LARGEST_IN_TABLE


def _check(n: int) -> None:
    if n < 1:
        raise ValueError(f"A panel has 1 rating or more, not {n}.")
