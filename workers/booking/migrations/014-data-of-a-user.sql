-- What belongs to a user is found without reading what belongs to others, to export or erase it. It guarantees nothing; it saves time.
-- Live holds are few, and sold ones are found by their bookings.

CREATE INDEX holds_unsold_of_user ON booking.holds (user_id, id) WHERE status IN ('released', 'expired');
-- Their replies name the user who got the ticket. There are few of a day.
CREATE INDEX commands_of_transfers ON booking.commands (key) WHERE scope LIKE 'transfer-ticket %';
