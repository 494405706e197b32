"""Published tables of ratings. Those that are complete have a row a panelist and a column a statement."""

import numpy as np

# Shrout and Fleiss 1979, table 2: six targets, four judges; here a row a judge.
SHROUT_FLEISS = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]).T

# The anxiety of 20 subjects as three raters saw it, the example of R's irr package.
ANXIETY = np.array(
    [
        [3, 3, 3, 4, 5, 5, 2, 3, 5, 2, 2, 6, 1, 5, 2, 2, 1, 2, 4, 3],
        [3, 6, 4, 6, 2, 4, 2, 4, 3, 3, 2, 3, 3, 3, 2, 2, 1, 3, 3, 4],
        [2, 1, 4, 4, 3, 2, 1, 6, 1, 1, 1, 2, 3, 3, 1, 1, 3, 3, 2, 2],
    ]
)

# Hollander and Wolfe 1973, table 7.1: times to first base of 22 players by three ways, in 1/100 s.
ROUNDING_TIMES = np.array(
    [
        [540, 550, 555],
        [585, 570, 575],
        [520, 560, 550],
        [555, 550, 540],
        [590, 585, 570],
        [545, 555, 560],
        [540, 540, 535],
        [545, 550, 535],
        [525, 515, 500],
        [585, 580, 570],
        [525, 520, 510],
        [565, 555, 545],
        [560, 535, 545],
        [505, 500, 495],
        [550, 550, 540],
        [545, 555, 550],
        [555, 555, 535],
        [545, 550, 555],
        [550, 545, 525],
        [565, 560, 540],
        [570, 565, 555],
        [630, 630, 625],
    ]
)

# Gwet 2014: twelve units, four raters, 0 where a rating is missing; a row a unit.
GWET = [
    [1, 1, 0, 1],
    [2, 2, 3, 2],
    [3, 3, 3, 3],
    [3, 3, 3, 3],
    [2, 2, 2, 2],
    [1, 2, 3, 4],
    [4, 4, 4, 4],
    [1, 1, 2, 1],
    [2, 2, 2, 2],
    [0, 5, 5, 5],
    [0, 0, 1, 1],
    [0, 0, 3, 0],
]

# Krippendorff 2011: twelve units, four observers, 0 where a rating is missing; a row an observer.
KRIPPENDORFF = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
    [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
]

# Cohen 1968, table 1: 200 patients, diagnosed by two psychiatrists.
COHEN = [[88, 14, 18], [10, 40, 10], [2, 6, 12]]
