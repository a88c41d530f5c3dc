-- Whether buyers of an event need a pass, and how many are let in.
CREATE TABLE event.waiting_rooms (
  event_id uuid PRIMARY KEY REFERENCES event.events,
  state text NOT NULL CHECK (state IN ('off', 'open', 'paused')),
  calls_per_minute int NOT NULL CHECK (calls_per_minute > 0),
  max_active int NOT NULL CHECK (max_active > 0),
  claim_s int NOT NULL CHECK (claim_s > 0),
  session_s int NOT NULL CHECK (session_s > 0),
  idle_s int NOT NULL CHECK (idle_s > 0),
  -- Gateways give out places in blocks from here on: whatever Redis loses, no place is given out twice.
  next_place bigint NOT NULL DEFAULT 0
);
