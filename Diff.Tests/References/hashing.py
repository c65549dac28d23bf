"""Data that any language can remake bit for bit: the formula of Hash.cs, which tests compare with the values stored in the JSONs."""
import numpy as np

FORMULA = (
    "value(i) = (fmix32((i*2654435761 + seed*40503 + 12345) mod 2^32) / 2^32 - 0.5) * scale in float64, i the row-major index; "
    "fmix32(h): h ^= h>>16; h *= 0x85ebca6b; h ^= h>>13; h *= 0xc2b2ae35; h ^= h>>16 (mod 2^32); float32 runs round it to nearest"
)


def values(count, seed, scale):
    mask = np.uint64(0xFFFFFFFF)
    h = (np.arange(count, dtype=np.uint64) * np.uint64(2654435761) + np.uint64((seed * 40503 + 12345) & 0xFFFFFFFF)) & mask
    h ^= h >> np.uint64(16)
    h = (h * np.uint64(0x85EBCA6B)) & mask
    h ^= h >> np.uint64(13)
    h = (h * np.uint64(0xC2B2AE35)) & mask
    h ^= h >> np.uint64(16)
    return (h.astype(np.float64) / 4294967296.0 - 0.5) * scale


def array(shape, seed, scale):
    return values(int(np.prod(shape)), seed, scale).reshape(shape)


def samples():
    """A few values, for the test that Hash.cs is this function."""
    return [
        {"count": 5, "seed": seed, "scale": scale, "values": values(5, seed, scale).tolist(), "last": {"index": 99999, "value": values(100000, seed, scale)[-1]}}
        for seed, scale in ((0, 1.0), (1, 12.0**0.5), (4000000000, 2.0), (77, 0.3))
    ]
