-- Format 1 of the shared journal. Never edited after a release: changes are further steps.
-- One stream per service and environment; each is a chain of its own.
CREATE SCHEMA IF NOT EXISTS breakglass;

CREATE TABLE breakglass.format (version integer PRIMARY KEY, at timestamptz NOT NULL DEFAULT now());

-- The head of each chain: locked by whoever appends. A working table, not evidence.
CREATE TABLE breakglass.stream (
    id   text PRIMARY KEY,                                  -- SERVICE/ENVIRONMENT
    next bigint NOT NULL DEFAULT 1,                         -- position of the entry to come
    hash bytea  NOT NULL DEFAULT decode(repeat('00', 32), 'hex')
);

CREATE TABLE breakglass.entry (
    stream text   NOT NULL REFERENCES breakglass.stream (id),
    seq    bigint NOT NULL,                                 -- position, from 1, without gaps
    prev   bytea  NOT NULL CHECK (octet_length(prev) = 32),
    hash   bytea  NOT NULL,
    origin text   NOT NULL,                                 -- SESSION:NUMBER: imports are idempotent
    head   bytea  NOT NULL,                                 -- the exact bytes that were hashed; never jsonb, which reorders
    PRIMARY KEY (stream, seq),
    UNIQUE (stream, prev),                                  -- no forks
    UNIQUE (stream, origin),
    -- 'breakglass-journal-v1' and a zero byte, the hash before, the length of the head, the head.
    CHECK (hash = sha256('\x627265616b676c6173732d6a6f75726e616c2d763100'::bytea
                         || prev || int8send(octet_length(head)::bigint) || head))
);

CREATE FUNCTION breakglass.refuse() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION 'the journal is append-only';
END $$;

CREATE TRIGGER entry_is_never_changed BEFORE UPDATE OR DELETE ON breakglass.entry
    FOR EACH ROW EXECUTE FUNCTION breakglass.refuse();
CREATE TRIGGER entry_is_never_emptied BEFORE TRUNCATE ON breakglass.entry
    FOR EACH STATEMENT EXECUTE FUNCTION breakglass.refuse();

-- Whoever writes, with whatever program: an entry goes to the end, the head of the chain moves with it, listeners hear.
CREATE FUNCTION breakglass.follow() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    UPDATE breakglass.stream SET next = next + 1, hash = NEW.hash
    WHERE id = NEW.stream AND next = NEW.seq AND hash = NEW.prev;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the journal is append-only: an entry goes to the end';
    END IF;
    PERFORM pg_notify('breakglass_journal', NEW.stream);
    RETURN NEW;
END $$;

CREATE TRIGGER entry_follows_the_last BEFORE INSERT ON breakglass.entry
    FOR EACH ROW EXECUTE FUNCTION breakglass.follow();

-- A working table, not evidence: it lets terminals agree, within one transaction, on who holds a lever.
CREATE TABLE breakglass.claim (
    number bigint GENERATED ALWAYS AS IDENTITY,
    stream text    NOT NULL REFERENCES breakglass.stream (id),
    run    text    NOT NULL,
    lever  text    NOT NULL,
    who    text    NOT NULL,
    state  text    NOT NULL,                                -- the run's state as the entries add up to it
    open   boolean NOT NULL,                                -- that state is open: no other run may begin
    held   boolean NOT NULL CHECK (open OR NOT held),       -- open, and the one that the index below lets through
    PRIMARY KEY (stream, run)
);

CREATE INDEX open_claim ON breakglass.claim (stream, lever) WHERE open;
CREATE UNIQUE INDEX one_open ON breakglass.claim (stream, lever) WHERE held;

INSERT INTO breakglass.format (version) VALUES (1);
