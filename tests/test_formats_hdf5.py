"""HDF5 of strangers: nothing outside the file, nothing out of proportion, nothing unpickled."""

import contextlib
import pickle

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from kinebench.errors import KinebenchError
from kinebench.formats import hdf5, pickled_names


@pytest.fixture(name="made")
def _made(tmp_path):
    def make(fill):
        path = tmp_path / "file.h5"
        with h5py.File(path, "w") as file:
            fill(file)
        return path

    return make


def read(path, name: str = "data") -> np.ndarray:
    with hdf5.opened(path) as file:
        return hdf5.dataset(file, name)


@pytest.mark.parametrize(
    "options", [{}, {"compression": "gzip"}, {"compression": "gzip", "shuffle": True}, {"chunks": True}]
)
def test_numbers_come_back(made, options):
    values = np.random.default_rng(0).normal(size=(300, 40))
    values[5:200] = np.nan
    assert_array_equal(read(made(lambda file: file.create_dataset("data", data=values, **options))), values)


def elsewhere(file, tmp_path) -> None:
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["data"] = [1.0]


def virtual(file) -> None:
    layout = h5py.VirtualLayout(shape=(1,), dtype="f8")
    layout[:] = h5py.VirtualSource("other.h5", "data", shape=(1,))
    file.create_virtual_dataset("data", layout)


@pytest.mark.parametrize(
    ("fill", "words"),
    [
        (lambda file: None, "but has nothing there"),
        (lambda file: file.update({"data": h5py.ExternalLink("other.h5", "data")}), "but has a link there"),
        (lambda file: file.update({"data": h5py.SoftLink("/other")}), "but has a link there"),
        (virtual, "lies in another file"),
        (
            lambda file: file.create_dataset("data", shape=(1,), dtype="f8", external=[("other.h5", 0, 8)]),
            "lies in another file",
        ),
        (lambda file: file.create_group("data"), "a dataset called data"),
        (lambda file: file.create_dataset("data", data=h5py.Empty("f8")), "a dataset called data"),
        (lambda file: file.create_dataset("data", data=["a"], dtype=h5py.string_dtype()), "plain numbers"),
        (lambda file: file.create_dataset("data", data=[file.ref], dtype=h5py.ref_dtype), "plain numbers"),
        (lambda file: file.create_dataset("data", (3,), dtype=np.dtype([("a", "f8"), ("b", h5py.ref_dtype)])), "plain"),
        (lambda file: file.create_dataset("data", shape=(1 << 40,), dtype="f8", chunks=(1024,)), "in proportion"),
        (
            lambda file: file.create_dataset("data", shape=(1,), maxshape=(None,), dtype="f8", chunks=(1 << 26,)),
            "in proportion",
        ),
    ],
)
def test_what_is_not_plain_data_in_the_file_itself_is_refused(made, tmp_path, fill, words):
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["data"] = [1.0]
    with pytest.raises(KinebenchError, match=words):
        read(made(fill))


def test_a_chunk_that_inflates_to_more_than_it_says_is_refused(made):
    import zlib

    def bomb(file):
        data = file.create_dataset("data", (1000,), dtype="f8", chunks=(1000,), compression="gzip")
        data.id.write_direct_chunk((0,), zlib.compress(bytes(50_000_000), 9))

    with pytest.raises(KinebenchError, match="whole chunks"):
        read(made(bomb))


@given(cut=st.floats(0, 1), flips=st.lists(st.tuples(st.floats(0, 1), st.integers(1, 255)), max_size=4))
def test_a_damaged_file_gives_numbers_or_a_clear_error(tmp_path_factory, cut, flips):
    path = tmp_path_factory.mktemp("hdf5") / "file.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("data", data=np.arange(200.0), compression="gzip")
    raw = bytearray(path.read_bytes())
    for place, change in flips:
        raw[int(place * (len(raw) - 1))] ^= change
    path.write_bytes(raw[: int(cut * len(raw))] if not flips else raw)
    hdf5.holds(path, "data")
    try:
        found = read(path)
    except KinebenchError:
        return
    assert found.dtype.kind in "iufbS"


NAMES = st.lists(st.lists(st.text(max_size=8), min_size=1, max_size=4).map(tuple), min_size=1, max_size=8)


@given(names=NAMES, protocol=st.integers(0, pickle.HIGHEST_PROTOCOL))
def test_names_are_read_out_of_every_protocol_of_pickle(names, protocol):
    assert pickled_names.names(pickle.dumps(names, protocol), "file") == names


class Bomb:
    def __reduce__(self):
        return (pytest.fail, ("something was unpickled",))


@pytest.mark.parametrize(
    "value",
    [Bomb(), [Bomb()], ["a", Bomb()], [("a", Bomb())], {"a": 1}, [1, 2], "a", [], [("a", ["b"])], None, [("a", None)]],
)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_anything_else_is_refused_and_never_obeyed(value, protocol):
    with pytest.raises(KinebenchError, match="not unpickled"):
        pickled_names.names(pickle.dumps(value, protocol), "file")


@given(raw=st.binary(max_size=60))
def test_any_bytes_are_names_or_a_clear_error(raw):
    for start in (b"", b"(lp0\n", b"\x80\x04]\x94("):
        with contextlib.suppress(KinebenchError):
            assert all(isinstance(text, str) for name in pickled_names.names(start + raw, "file") for text in name)
