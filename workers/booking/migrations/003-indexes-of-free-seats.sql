-- Free seats are found without reading held ones. It guarantees nothing; it saves time: best available seats are looked for
-- along the house, and halfway through a rush each look read 10,000 held seats on its way to the first free one, which was most
-- of what a hold cost.

DROP INDEX booking.seats_to_sell;
CREATE INDEX seats_available ON booking.event_seats (event_id, seat_no) WHERE state = 'available';
-- Those whose hold ran out are free as well, whether or not that was written down.
CREATE INDEX seats_running_out ON booking.event_seats (event_id, held_until) WHERE state = 'held';
