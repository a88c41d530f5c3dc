-- Guarantees: at most one charge per idempotency key, however many requests come at once; a key that was voided before
-- its first authorise stays refused for ever (a tombstone: voided, and never asked for an amount).

CREATE TABLE sandbox.charges (
  id uuid PRIMARY KEY,
  idempotency_key text NOT NULL UNIQUE,
  -- Digest of amount, currency and token; the token itself is not kept.
  request_hash bytea,
  amount_minor bigint CHECK (amount_minor > 0),
  currency char(3),
  state text NOT NULL CHECK (state IN ('authorised', 'captured', 'voided', 'declined')),
  decline_code text,
  CHECK (num_nulls(request_hash, amount_minor, currency) IN (0, 3)),
  CHECK (request_hash IS NOT NULL OR state = 'voided'),
  CHECK ((state = 'declined') = (decline_code IS NOT NULL))
);
