-- Whether the rate of calls follows the load, and how many passes were given out beside the queue.
ALTER TABLE event.waiting_rooms
  ADD COLUMN adaptive boolean NOT NULL DEFAULT true,
  ADD COLUMN bypassed int NOT NULL DEFAULT 0 CHECK (bypassed >= 0);
