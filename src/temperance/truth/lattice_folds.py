"""All compact folds of a chain of 27 residues on a cubic lattice."""

import numba
import numpy as np

RESIDUES = 27
CONTACTS = 28


FOLDS = 103_346
# Residues that can touch: an odd number of steps, at least three, apart.
PAIRS = np.array([(i, j) for i in range(RESIDUES) for j in range(i + 3, RESIDUES, 2)], np.int64)


def all_folds() -> np.ndarray:
    """Enumerate the contacts of every compact fold.

    Folds that differ by a symmetry of the cube have the same contacts and count once. A walk of 27 sites starts at a
    corner or at a face centre (the larger checkerboard class), so one of each is enough.

    Returns
    -------
    np.ndarray
        (103346, 28) uint8 indices into PAIRS, in a fixed order.
    """
    walks = np.concatenate([_walks(start, _cube_neighbours()) for start in (0, 4)])
    walks.sort(axis=1)
    # As four big-endian numbers each, which sort like the 28 contacts do, and faster.
    keys = np.zeros((len(walks), 32), np.uint8)
    keys[:, :CONTACTS] = walks
    numbers = keys.view(">u8").astype(np.uint64)
    walks, numbers = (array[np.lexsort(numbers.T[::-1])] for array in (walks, numbers))
    return walks[np.append(True, (numbers[1:] != numbers[:-1]).any(axis=1))]


def find_partner_sets(contacts: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    """Find the sets of residues that each residue touches in some folds: few sets recur in all of them.

    Parameters
    ----------
    contacts : np.ndarray
        (F, 28) uint8 indices into PAIRS.

    Returns
    -------
    list of np.ndarray
        Of each residue: its different sets, (S, 27) of zeros and ones.
    np.ndarray
        (27, F) uint16, which of them each residue has in each fold.
    """
    members, set_of = zip(
        *(np.unique(bits, return_inverse=True) for bits in _partner_bits(contacts, PAIRS)), strict=True
    )
    sets = [(bits[:, None] >> np.arange(RESIDUES) & 1).astype(float) for bits in members]
    return sets, np.array(set_of, np.uint16)


@numba.njit(cache=True)
def _partner_bits(contacts: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Set bit j of entry (i, f) where residues i and j touch in fold f: (27, F) int64."""
    bits = np.zeros((RESIDUES, len(contacts)), np.int64)
    for fold in range(len(contacts)):
        for contact in contacts[fold]:
            i, j = pairs[contact]
            bits[i, fold] |= 1 << j
            bits[j, fold] |= 1 << i
    return bits


def _cube_neighbours() -> np.ndarray:
    """(27, 6) neighbouring sites in the cube, -1 where it ends."""
    table = np.full((RESIDUES, 6), -1, np.int64)
    for site in range(RESIDUES):
        coordinates = np.array(np.unravel_index(site, (3, 3, 3)))
        steps = [coordinates + sign * np.eye(3, dtype=int)[axis] for axis in range(3) for sign in (-1, 1)]
        inside = [int(np.ravel_multi_index(tuple(p), (3, 3, 3))) for p in steps if ((p >= 0) & (p < 3)).all()]
        table[site, : len(inside)] = inside
    return table


def _pair_index() -> np.ndarray:
    index = np.zeros((RESIDUES, RESIDUES), np.int64)
    index[PAIRS[:, 0], PAIRS[:, 1]] = np.arange(len(PAIRS))
    return index


def _walks(start: int, neighbours: np.ndarray) -> np.ndarray:
    return _enumerate(start, neighbours, _pair_index())


@numba.njit(cache=True)
def _enumerate(start: int, neighbours: np.ndarray, pair_index: np.ndarray) -> np.ndarray:
    """Enumerate the contacts of all Hamiltonian walks of the cube from `start`, depth first."""
    walks = np.empty((1 << 20, CONTACTS), np.uint8)
    count = 0
    position = np.full(RESIDUES, -1, np.int64)  # of each site: which residue sits there
    path = np.empty(RESIDUES, np.int64)
    tried = np.zeros(RESIDUES, np.int64)
    path[0], position[start], depth = start, 0, 0
    while depth >= 0:
        if depth == RESIDUES - 1:
            contacts = 0
            for i in range(RESIDUES):
                for site in neighbours[path[i]]:
                    if site >= 0 and position[site] > i + 1:
                        walks[count, contacts] = pair_index[i, position[site]]
                        contacts += 1
            count += 1
        moved = False
        while depth < RESIDUES - 1 and tried[depth] < 6:
            site = neighbours[path[depth], tried[depth]]
            tried[depth] += 1
            if site >= 0 and position[site] < 0:
                depth += 1
                path[depth], position[site], tried[depth] = site, depth, 0
                moved = True
                break
        if not moved:
            position[path[depth]] = -1
            depth -= 1
    return walks[:count]
