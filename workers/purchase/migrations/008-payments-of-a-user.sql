-- Export and erasure of what belongs to one user. It guarantees that
--   * a user is erased under one id (user_id), whatever dies in between;
--   * an erasure that has begun is looked at until it is done (next_check_at).

CREATE INDEX payments_of_user ON purchase.payments (user_id, id);

-- One row for each erasure in progress; deleted when it is done.
CREATE TABLE purchase.erasures (
  -- The id that replaces the user's.
  id text PRIMARY KEY,
  user_id text NOT NULL UNIQUE,
  -- Payments that began later are not part of it.
  begun_at timestamptz NOT NULL DEFAULT now(),
  -- Until then the erasure is some driver's own; after it anybody may drive it on.
  next_check_at timestamptz NOT NULL
);
CREATE INDEX erasures_due ON purchase.erasures (next_check_at);

COMMENT ON COLUMN purchase.payments.idempotency_key IS
  'For operators and exports: the Idempotency-Key of the request, or one made for a caller who sent none. Replaced when the user is erased.';
