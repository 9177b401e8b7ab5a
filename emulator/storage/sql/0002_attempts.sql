-- What a lease call was answered, for its repetition, until its lease ends. `tasks` is a JSON array of
-- [name, retry_count] pairs: it is written once, and read only as a whole.
CREATE TABLE attempt (
    queue INTEGER NOT NULL,
    id    TEXT    NOT NULL,
    asked TEXT    NOT NULL,
    until INTEGER NOT NULL,
    tasks TEXT    NOT NULL,
    PRIMARY KEY (queue, id)
) WITHOUT ROWID;

CREATE INDEX attempt_by_end ON attempt (until);
