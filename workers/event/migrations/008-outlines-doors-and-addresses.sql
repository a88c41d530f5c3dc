-- What pages show beside seats and prices. All of it may be unknown.

-- Drawn from the seats once, when a layout is attached; null for layouts that were attached before.
ALTER TABLE event.layouts ADD COLUMN outlines json;
ALTER TABLE event.events ADD COLUMN doors_at timestamptz(3);
ALTER TABLE event.venues ADD COLUMN address text;
