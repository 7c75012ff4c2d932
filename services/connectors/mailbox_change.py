"""Deleting messages: marked one by one, removed by their UIDs together at the end, and nothing that others marked."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from services.connectors.base import Delete, Key, Rewrite, Row, Table
from services.connectors.mailbox_message import KEY
from services.connectors.mailbox_wire import Session
from services.errors import DeskError, Unavailable, Unusable

if TYPE_CHECKING:
    from services.connectors.mailbox import MailboxReader


class MailboxChange:
    """`Change` over a session. IMAP knows no transaction: until `commit` marks are set, which `undo` takes back."""

    def __init__(self, system: str, session: Session, folders: dict[str, str], reader: "MailboxReader") -> None:
        self.system, self.session, self.folders, self.reader = system, session, folders, reader
        self._marked: dict[str, set[int]] = {}
        self._ours: dict[str, set[int]] = {}

    def faults(self, deletes: Sequence[Delete], rewrites: Sequence[Rewrite]) -> list[str]:
        """Why these cannot be done; nothing is written, though every folder is opened for writing once."""
        faults = [f"a message of {one.collection} cannot be masked: say 'erase: delete'" for one in rewrites]
        if deletes and "UIDPLUS" not in self.session.capabilities:
            faults.append("the server cannot remove single messages (UIDPLUS), only all that anybody marked")
        for delete in deletes:
            if set(delete.key) != set(KEY):
                faults.append(f"messages of {delete.collection} are known by {', '.join(KEY)}")
            elif not self._opened(delete.collection):
                faults.append(f"there is no folder for {delete.collection}")
            elif len(self.reader.uids(delete.key, delete.rows)) < len(delete.rows):
                faults.append(f"the folder of {delete.collection} was made anew since the search: search again")
        return faults

    def tables(self, names: Sequence[str]) -> dict[str, Table]:
        """Those of the named collections that have a folder."""
        return self.reader.tables(names)

    def defer(self) -> None:
        """Messages refer to nothing."""

    def in_order(self, deletes: Sequence[Delete]) -> list[Delete]:
        """As given."""
        return list(deletes)

    def read(self, collection: str, columns: Sequence[str], key: Sequence[str], rows: Sequence[Key]) -> list[Row]:
        """Messages by their key."""
        return list(self.reader.by_key(collection, columns, key, rows))

    def delete(self, delete: Delete) -> int:
        """Marks the messages that are there; they are gone with `commit`."""
        if "UIDPLUS" not in self.session.capabilities or not self._opened(delete.collection):
            raise Unusable(f"system '{self.system}' cannot delete messages of '{delete.collection}'")
        there = self.session.there(self.reader.uids(delete.key, delete.rows))
        fresh = self.session.there(sorted(there), more="UNDELETED")
        self._ours.setdefault(delete.collection, set()).update(fresh)
        self.session.store(there, "+")
        self._marked.setdefault(delete.collection, set()).update(there)
        return len(there)

    def rewrite(self, rewrite: Rewrite) -> int:
        """Refuses: a message is what was sent."""
        raise Unusable(f"system '{self.system}' cannot change messages, only delete them")

    def commit(self) -> None:
        """Removes what was marked here, folder by folder; raises `Unavailable` where something stayed."""
        for collection, uids in self._marked.items():
            if not uids:
                continue
            self._opened(collection)
            self.session.expunge(uids)
            if self.session.there(sorted(uids)):
                raise Unavailable(f"system '{self.system}' kept messages of '{collection}' that it was told to remove")

    def undo(self) -> None:
        """Takes the marks of this change back, as far as the server still answers."""
        for collection, uids in self._ours.items():
            try:
                if uids and self._opened(collection):
                    self.session.store(uids, "-")
            except DeskError:
                return

    def _opened(self, collection: str) -> bool:
        return collection in self.folders and self.session.open(self.folders[collection], write=True)
