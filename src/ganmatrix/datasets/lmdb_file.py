"""Reading an LMDB file as a file, every number in it checked before it is followed.

liblmdb maps the file and trusts it: a page number that leads beyond the end kills the process by SIGBUS, and
so does a file that is cut while it is read. Here nothing is mapped. The layout is that of liblmdb 0.9 on
64-bit little-endian machines (MDB_meta, MDB_db, MDB_page and MDB_node in its mdb.c): pages of one size, the
first two of which hold the root of a B+ tree; values too long for a page lie in runs of pages of their own.
"""

import os
import stat
import struct
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

META, BRANCH, LEAF, OVERFLOW, DIRTY = 8, 1, 2, 4, 16
"""Flags of a page."""
BIG = 1
"""Flag of an entry whose value lies in pages of its own."""
DUPLICATES = 4
"""Flag of a database that has several values for a key."""
MAGIC, VERSION = 0xBEEFC0DE, 1
NO_PAGE = 2**64 - 1
DEEPEST = 32
"""Levels of a tree that liblmdb itself can walk."""

_HEADER = struct.Struct("<QHHHH")  # number, unused, flags, lower and upper end of the free part
_RUN = struct.Struct("<QHHI")  # number, unused, flags, pages of a long value
_META = struct.Struct("<II16x48sIHH5QQQ")
"""Magic, version, the database of free pages, the main one (see `_DATABASE`), last page, transaction."""
_PAGE_SIZE = struct.Struct("<I")
_ENTRY = struct.Struct("<HHHH")  # value's size or page (low and high part), flags, key's size
_PAGE = struct.Struct("<Q")
_SMALLEST_ENTRY = _ENTRY.size + 2 + 1
"""Bytes of a page that an entry of one-byte key takes at least."""


class DamagedFile(Exception):
    """A file that is no LMDB, or is one with a fault."""


class CutShort(DamagedFile):
    """A file that ends too early; the message completes `<file> is cut short, `."""


class LmdbEntry(NamedTuple):
    """A key, and where its value lies."""

    key: bytes
    size: int
    """Bytes of the value."""
    page: int
    start: int
    """Where in the page the value begins, 0 where it has pages of its own."""


class LmdbFile:
    """An open LMDB file: its entries in the order of their keys. Close it, or use it in a `with`."""

    def __init__(self, path: Path) -> None:
        """OSError if the file cannot be read; DamagedFile if it is no LMDB, or shorter than it says."""
        self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            state = os.fstat(self._file)
            self.size, self.modified_ns = state.st_size, state.st_mtime_ns
            if not stat.S_ISREG(state.st_mode):
                raise DamagedFile("it is no file")
            if hasattr(os, "posix_fadvise"):  # values lie in no order
                os.posix_fadvise(self._file, 0, 0, os.POSIX_FADV_RANDOM)
            self._open()
        except BaseException:
            os.close(self._file)
            raise

    def _open(self) -> None:
        self._page_size = 4096
        first = self._meta(0)
        self._page_size = first.page_size
        second = self._meta(1)
        if second.page_size != first.page_size:
            raise DamagedFile("its first two pages differ in the size of pages")
        meta = first if first.transaction >= second.transaction else second
        self._pages, self._root, self._depth = meta.last_page + 1, meta.root, meta.depth
        self.entries = meta.entries
        """Entries in all."""
        if meta.flags & DUPLICATES:
            raise DamagedFile("it has several values for a key")
        if self._depth > DEEPEST:
            raise DamagedFile(f"it claims {self._depth:,} levels, at most {DEEPEST} are possible")
        if self.entries > self.size // _SMALLEST_ENTRY:
            raise DamagedFile(f"it claims {self.entries:,} entries, more than it can hold")
        if (self.entries == 0) != (self._root == NO_PAGE):
            raise DamagedFile(f"it claims {self.entries:,} entries, but its root is page {self._root:,}")
        if (needed := self._pages * self._page_size) > self.size:
            self._pages = self.size // self._page_size
            self._check_end(needed)

    def _check_end(self, needed: int) -> None:
        """CutShort if entries lie beyond the end. Pages there may be free, which were never written."""
        try:
            for _ in self.walk():
                pass
        except DamagedFile:
            raise CutShort(f"{self.size:,} of {needed:,} bytes") from None

    def walk(self, start: int = 0) -> Iterator[LmdbEntry]:
        """The entries from number `start` on. DamagedFile where the tree has a fault."""
        number, seen = 0, set[int]()
        waiting = [(self._root, 1)] if self.entries else []
        while waiting:
            page_number, level = waiting.pop()
            if page_number in seen:
                raise DamagedFile(f"page {page_number:,} stands twice in its tree")
            seen.add(page_number)
            page = self._page(page_number)
            if level < self._depth:
                places = self._places(page, page_number, BRANCH)
                waiting += [(_child(page, place), level + 1) for place in reversed(places)]
                continue
            places = self._places(page, page_number, LEAF)
            if number + len(places) > self.entries:
                raise DamagedFile(f"it has more than the {self.entries:,} entries that it claims")
            for place in places[max(start - number, 0) :]:
                yield self._entry(page, page_number, place)
            number += len(places)
        if number < self.entries:
            raise DamagedFile(f"it has {number:,} of the {self.entries:,} entries that it claims")

    def value(self, entry: LmdbEntry) -> bytes:
        """The value of an entry of this file."""
        if entry.start:
            return self._read(entry.page * self._page_size + entry.start, entry.size)
        found = self._read(entry.page * self._page_size, _RUN.size + entry.size)
        number, _, flags, pages = _RUN.unpack_from(found)
        if (
            (number, flags & ~DIRTY) != (entry.page, OVERFLOW)
            or len(found) > pages * self._page_size
            or entry.page + pages > self._pages
        ):
            raise DamagedFile(f"page {entry.page:,} does not hold the long value that it should")
        return found[_RUN.size :]

    def _meta(self, number: int) -> "_Meta":
        try:
            page = self._read(number * self._page_size, _HEADER.size + _META.size)
        except DamagedFile:
            raise DamagedFile(f"it has {self.size:,} bytes") from None
        _, _, flags, _, _ = _HEADER.unpack_from(page)
        magic, version, free, _, database_flags, depth, *rest = _META.unpack_from(page, _HEADER.size)
        if not flags & META or magic != MAGIC:
            raise DamagedFile("it does not begin as one")
        if version != VERSION:
            raise DamagedFile(f"it is one of version {version}, version {VERSION} is read")
        (page_size,) = _PAGE_SIZE.unpack_from(free)
        if not 512 <= page_size <= 65_536 or page_size & (page_size - 1):
            raise DamagedFile(f"its pages are said to have {page_size:,} bytes")
        _, _, _, entries, root, last_page, transaction = rest
        return _Meta(page_size, database_flags, depth, entries, root, last_page, transaction)

    def _page(self, number: int) -> bytes:
        if not 2 <= number < self._pages:
            raise DamagedFile(f"it refers to page {number:,} of {self._pages:,}")
        return self._read(number * self._page_size, self._page_size)

    def _places(self, page: bytes, number: int, kind: int) -> tuple[int, ...]:
        """Where the entries of a page of the tree begin in it."""
        found, _, flags, lower, _ = _HEADER.unpack_from(page)
        count = (lower - _HEADER.size) // 2
        if (found, flags & ~DIRTY) != (number, kind) or count < 1 or lower > len(page):
            raise DamagedFile(f"page {number:,} is not what its tree has there")
        places: tuple[int, ...] = struct.unpack_from(f"<{count}H", page, _HEADER.size)
        if min(places) < lower or max(places) > len(page) - _ENTRY.size:
            raise DamagedFile(f"page {number:,} has entries outside itself")
        return places

    def _entry(self, page: bytes, number: int, place: int) -> LmdbEntry:
        low, high, flags, key_size = _ENTRY.unpack_from(page, place)
        size, start = low | high << 16, place + _ENTRY.size + key_size
        if flags & ~BIG:
            raise DamagedFile("it has databases within")
        if start + (_PAGE.size if flags & BIG else size) > len(page):
            raise DamagedFile(f"page {number:,} has an entry that leads out of it")
        key = page[place + _ENTRY.size : start]
        if not flags & BIG:
            return LmdbEntry(key, size, number, start)
        (long,) = _PAGE.unpack_from(page, start)
        last = long + (_RUN.size + size - 1) // self._page_size
        if not 2 <= long <= last < self._pages:
            raise DamagedFile(f"it refers to page {last:,} of {self._pages:,}")
        return LmdbEntry(key, size, long, 0)

    def _read(self, start: int, size: int) -> bytes:
        parts, missing = [], size
        while missing:
            if not (part := os.pread(self._file, missing, start + size - missing)):
                raise CutShort(f"it ends before byte {start + size:,}")
            parts.append(part)
            missing -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._file)


class _Meta(NamedTuple):
    page_size: int
    flags: int
    depth: int
    entries: int
    root: int
    last_page: int
    transaction: int


def _child(page: bytes, place: int) -> int:
    """The page that an entry of a branch leads to."""
    low, high, highest, _ = _ENTRY.unpack_from(page, place)
    return int(low | high << 16 | highest << 32)
