"""The files of a SQLite store: whose they are, and that none of them is a link to somewhere else.

Root works in a folder that another account owns (`/var/lib/syncd`): what root makes there has to be that
account's, and a link that the account put there must not lead root to another file.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from syncd.language import _
from syncd.model.errors import StateUnavailable

COMPANIONS = ("-wal", "-shm", "-journal", ".lock")
"""What stands behind the store's name in the names of the files beside it."""
_ROOT = 0


def companions(file: Path) -> list[Path]:
    """The files that SQLite and syncd keep beside a store, whether they are there or not."""
    return [file.with_name(file.name + ending) for ending in COMPANIONS]


def real_file(name: str) -> Path:
    """The store's real path, so that two ways to it lead to one lock.

    Raises:
        StateUnavailable: its folder does not exist, or a file of the store is a link or no regular file.
    """
    try:
        given = Path(name)
        if os.geteuid() == _ROOT and given.is_symlink() and given.lstat().st_uid != _ROOT:
            raise StateUnavailable(
                _(
                    "{given} is a symbolic link that is not root's, which root does not follow: write "
                    "the file it leads to into state.url"
                ).format(given=given)
            )
        file = given.resolve()
        found = file.parent.is_dir()
        kinds = {path: path.lstat().st_mode for path in (file, *companions(file)) if os.path.lexists(path)}
    except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle
        cause = getattr(error, "strerror", None) or error
        raise StateUnavailable(
            _("cannot find the state store {name}: {cause}").format(name=name, cause=cause)
        ) from None
    if not found:
        raise StateUnavailable(
            _("the state store's directory does not exist: {parent}").format(parent=file.parent)
        )
    for path, mode in kinds.items():
        if stat.S_ISLNK(mode):
            raise StateUnavailable(
                _("{path} is a symbolic link, where a file of the state store has to be: remove it").format(
                    path=path
                )
            )
        if not stat.S_ISREG(mode):
            raise StateUnavailable(
                _("{path} is no regular file, so it cannot be a file of the state store").format(path=path)
            )
    return file


def create(path: Path, flags: int = 0) -> int:
    """Open a file of the store for reading and writing, made where it is missing, and give its descriptor.

    The file is for its owner's eyes alone, since it names customers. A file of root's is given to the
    folder's owner, and a symbolic link is refused. Raises OSError.
    """
    flags |= os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    descriptor = os.open(path, flags, 0o600)
    if os.fstat(descriptor).st_uid == _ROOT == os.geteuid():
        owner = path.parent.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
    return descriptor


def give_to_folders_owner(path: Path, folder: Path | None = None) -> None:
    """Give a file, if run by root, to the owner of a folder (by default its own). Raises OSError."""
    if os.geteuid() == _ROOT:
        owner = (folder or path.parent).stat()
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def give_all_to_folders_owner(file: Path) -> None:
    """Give root's files of a store, if root runs this, to the owner of the store's folder. Raises OSError."""
    for path in files_of_root(file):
        give_to_folders_owner(path)


def files_of_root(file: Path) -> list[Path]:
    """List files of a store that are root's in another account's folder. Raises OSError."""
    if file.parent.stat().st_uid == _ROOT:
        return []
    there = (path for path in (file, *companions(file)) if os.path.lexists(path))
    return [path for path in there if path.lstat().st_uid == _ROOT]
