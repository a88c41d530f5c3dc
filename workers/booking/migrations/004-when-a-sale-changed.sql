-- When the rules of a sale were changed last. It guarantees nothing; the auditor tells by it a cancellation that is under way
-- from one that was left half done.

ALTER TABLE booking.sales ADD COLUMN changed_at timestamptz NOT NULL DEFAULT now();
