-- The log, first version. Entries are only ever added, one after the other.

CREATE TABLE log(seq INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;

-- INSERT OR REPLACE passes UPDATE and DELETE triggers by; only this one stops it.
CREATE TRIGGER log_in_order BEFORE INSERT ON log
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq) + 1, 0) FROM log)
BEGIN SELECT raise(ABORT, 'entries are appended in order'); END;
CREATE TRIGGER log_no_update BEFORE UPDATE ON log BEGIN SELECT raise(ABORT, 'entries are never changed'); END;
CREATE TRIGGER log_no_delete BEFORE DELETE ON log BEGIN SELECT raise(ABORT, 'entries are never deleted'); END;

-- 256-wide tiles of the tree: level 0 when full, those above as they grow.
CREATE TABLE tile(level INTEGER NOT NULL, idx INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY(level, idx))
STRICT, WITHOUT ROWID;
CREATE TRIGGER tile_once BEFORE INSERT ON tile
WHEN EXISTS (SELECT 1 FROM tile WHERE level = NEW.level AND idx = NEW.idx)
BEGIN SELECT raise(ABORT, 'tiles are written once'); END;
CREATE TRIGGER tile_grows BEFORE UPDATE ON tile
WHEN NEW.level IS NOT OLD.level OR NEW.idx IS NOT OLD.idx OR NEW.level = 0
    OR substr(NEW.data, 1, length(OLD.data)) IS NOT OLD.data
BEGIN SELECT raise(ABORT, 'tiles only grow'); END;
CREATE TRIGGER tile_no_delete BEFORE DELETE ON tile BEGIN SELECT raise(ABORT, 'tiles are never deleted'); END;

-- One row, changed in the transaction of the entries it covers.
CREATE TABLE head(one INTEGER PRIMARY KEY CHECK (one = 1), size INTEGER NOT NULL, frontier BLOB NOT NULL,
    checkpoint TEXT NOT NULL) STRICT;
CREATE TRIGGER head_once BEFORE INSERT ON head WHEN EXISTS (SELECT 1 FROM head)
BEGIN SELECT raise(ABORT, 'there is one head'); END;
CREATE TRIGGER head_grows BEFORE UPDATE ON head WHEN NEW.size < OLD.size
BEGIN SELECT raise(ABORT, 'the head never goes back'); END;
CREATE TRIGGER head_no_delete BEFORE DELETE ON head BEGIN SELECT raise(ABORT, 'the head stays'); END;

-- Notes by keys that are gone: at the end of each epoch, and on the way where that was long. The newest one is an end.
CREATE TABLE seal(size INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, note TEXT NOT NULL) STRICT;
CREATE TRIGGER seal_once BEFORE INSERT ON seal WHEN EXISTS (SELECT 1 FROM seal WHERE size = NEW.size)
BEGIN SELECT raise(ABORT, 'a seal is set once'); END;
CREATE TRIGGER seal_no_update BEFORE UPDATE ON seal BEGIN SELECT raise(ABORT, 'seals stay'); END;
CREATE TRIGGER seal_no_delete BEFORE DELETE ON seal BEGIN SELECT raise(ABORT, 'seals stay'); END;

-- Central's cosignatures.
CREATE TABLE receipt(size INTEGER PRIMARY KEY, note TEXT NOT NULL) STRICT;
CREATE TRIGGER receipt_once BEFORE INSERT ON receipt WHEN EXISTS (SELECT 1 FROM receipt WHERE size = NEW.size)
BEGIN SELECT raise(ABORT, 'a receipt is kept once'); END;
CREATE TRIGGER receipt_no_update BEFORE UPDATE ON receipt BEGIN SELECT raise(ABORT, 'receipts stay'); END;
CREATE TRIGGER receipt_no_delete BEFORE DELETE ON receipt BEGIN SELECT raise(ABORT, 'receipts stay'); END;

-- Sealed details that central has not accepted yet; forgotten after its receipt.
CREATE TABLE detail(hash TEXT PRIMARY KEY, seq INTEGER NOT NULL, owner TEXT NOT NULL, kind TEXT NOT NULL,
    blob BLOB NOT NULL) STRICT;
CREATE INDEX detail_seq ON detail(seq);
