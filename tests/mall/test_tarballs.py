"""Archives are unpacked by every Python the shop runs on, and only into their folder."""

import io
import tarfile

import pytest

from mall.core import tarballs


def archive(*members):
    """An open archive of (name, kind)."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        for name, kind in members:
            member = tarfile.TarInfo(name)
            member.type, member.size, member.mode = kind, 3 if kind == tarfile.REGTYPE else 0, 0o755
            member.linkname = "a.txt" if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE) else ""
            tar.addfile(member, io.BytesIO(b"abc"))
    file.seek(0)
    return tarfile.open(fileobj=file)


@pytest.fixture(params=["this Python", "3.11.2"])
def python(request, monkeypatch):
    """The Python here, and Debian 12's, which knows no filter."""
    if request.param == "3.11.2":
        monkeypatch.setattr(tarballs, "FILTER", {})


@pytest.mark.filterwarnings("ignore:Python 3.14:DeprecationWarning")
def test_unpack_when_an_archive_holds_files_then_they_are_there(python, tmp_path):
    with archive(("avatars", tarfile.DIRTYPE), ("avatars/1.webp", tarfile.REGTYPE)) as tar:
        tarballs.unpack(tar, tmp_path)

    assert (tmp_path / "avatars/1.webp").read_bytes() == b"abc"


@pytest.mark.filterwarnings("ignore:Python 3.14:DeprecationWarning")
@pytest.mark.parametrize(
    "member",
    [("../a.txt", tarfile.REGTYPE), ("b/../../a.txt", tarfile.REGTYPE),
     ("b", tarfile.SYMTYPE), ("b", tarfile.LNKTYPE), ("b", tarfile.FIFOTYPE)],
)  # fmt: skip
def test_unpack_when_it_holds_anything_else_then_refused(python, tmp_path, member):
    folder = tmp_path / "in"
    with archive(member) as tar, pytest.raises(tarfile.TarError, match="no plain file"):
        tarballs.unpack(tar, folder)

    assert not [path for path in tmp_path.rglob("*") if path != folder]
