-- When a charge changed last, as the statements that change it say: the ledger can be read from some time on, and old charges are found.
-- It guarantees nothing.

-- Charges that are here already count as changed now.
ALTER TABLE sandbox.charges ADD COLUMN changed_at timestamptz NOT NULL DEFAULT now();
CREATE INDEX charges_by_change ON sandbox.charges (changed_at);
