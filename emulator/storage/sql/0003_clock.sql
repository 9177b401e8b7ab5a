-- How the controlled clock goes (emulator.engine.clock.ClockState); no row is the machine's time.
CREATE TABLE clock (
    id        INTEGER PRIMARY KEY CHECK (id = 1),
    base      INTEGER NOT NULL,
    own       INTEGER NOT NULL,
    factor    REAL    NOT NULL,
    auto_jump INTEGER NOT NULL,
    seen      INTEGER NOT NULL
);
