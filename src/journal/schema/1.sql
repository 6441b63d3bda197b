-- Format 1 of the journal. Never edited after a release: changes are further steps.
CREATE TABLE entry (
    seq    INTEGER PRIMARY KEY,                             -- position, from 1, without gaps
    prev   BLOB NOT NULL UNIQUE CHECK (length(prev) = 32),  -- unique: no forks
    hash   BLOB NOT NULL CHECK (length(hash) = 32),
    origin TEXT NOT NULL UNIQUE,                            -- SESSION:NUMBER, repeated from the head: imports are idempotent
    head   BLOB NOT NULL                                    -- the exact bytes that were hashed; never written again
) STRICT;

CREATE TRIGGER entry_is_never_changed BEFORE UPDATE ON entry
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;

CREATE TRIGGER entry_is_never_deleted BEFORE DELETE ON entry
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;

-- Also stops INSERT OR REPLACE on connections that forgot PRAGMA recursive_triggers.
CREATE TRIGGER entry_follows_the_last BEFORE INSERT ON entry
BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only: an entry goes to the end')
    WHERE NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM entry)
       OR NEW.prev IS NOT coalesce((SELECT hash FROM entry ORDER BY seq DESC LIMIT 1), zeroblob(32))
       OR EXISTS (SELECT 1 FROM entry WHERE origin = NEW.origin);
END;

-- A working table, not evidence: it lets two processes agree, within one transaction, on who holds a lever.
CREATE TABLE claim (
    run   TEXT PRIMARY KEY,
    lever TEXT NOT NULL,
    who   TEXT NOT NULL,
    state TEXT NOT NULL,                                    -- the run's state as the entries add up to it
    open  INTEGER NOT NULL CHECK (open IN (0, 1)),          -- that state is open: no other run may begin
    held  INTEGER NOT NULL CHECK (held IN (0, 1))           -- open, and the one that the index below lets through
) STRICT;

CREATE INDEX open_claim ON claim (lever) WHERE open = 1;
CREATE UNIQUE INDEX one_open ON claim (lever) WHERE held = 1;

PRAGMA application_id = 0x62676A6C;                         -- "bgjl"
PRAGMA user_version = 1;
