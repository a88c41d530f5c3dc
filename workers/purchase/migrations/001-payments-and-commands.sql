-- Guarantees, whatever the worker does:
--  * a booking has at most one payment that may still take money or has taken it (one_live_payment);
--  * a charge's key belongs to one payment, unless earlier ones with it failed (one_payment_per_key);
--  * money is captured in full or not at all, never more than was authorised;
--  * a payment that is not at its end is always looked at again (next_check_at);
--  * one idempotency key of one caller has one final answer.
-- Payment tokens are in neither table; a command's hash is a digest of the request that had one.

CREATE TABLE purchase.payments (
  id uuid PRIMARY KEY,
  status text NOT NULL DEFAULT 'created' CHECK (status IN
    ('created', 'authorising', 'unknown', 'authorised', 'capturing', 'captured', 'voiding', 'voided', 'failed')),
  event_id uuid NOT NULL,
  hold_id uuid NOT NULL,
  user_id text NOT NULL,
  -- As the caller chose it, or made for one who did not.
  idempotency_key text NOT NULL,
  provider_key text NOT NULL,
  -- What begin-payment is asked beside the hold, so that it can be asked again in the same words.
  expected_total_minor bigint,
  expected_currency char(3),
  -- What begin-payment answered.
  booking_id uuid,
  attempt int CHECK (attempt >= 1),
  amount_minor bigint CHECK (amount_minor >= 0),
  currency char(3),
  captured_minor bigint NOT NULL DEFAULT 0,
  decline_code text,
  -- Until then the payment is some driver's own; after it anybody may drive it on. Null: nothing is left to do.
  next_check_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (booking_id, attempt),
  CHECK (num_nulls(booking_id, attempt, amount_minor, currency) IN (0, 4)),
  CHECK (CASE status WHEN 'created' THEN booking_id IS NULL WHEN 'failed' THEN true ELSE booking_id IS NOT NULL END),
  CHECK (captured_minor = CASE status WHEN 'captured' THEN amount_minor ELSE 0 END),
  CHECK (decline_code IS NULL OR status = 'failed'),
  CHECK (next_check_at IS NOT NULL OR status IN ('captured', 'voided', 'failed'))
);

CREATE UNIQUE INDEX one_live_payment ON purchase.payments (booking_id)
  WHERE status IN ('created', 'authorising', 'unknown', 'authorised', 'capturing', 'captured');
CREATE UNIQUE INDEX one_payment_per_key ON purchase.payments (provider_key) WHERE status <> 'failed';
CREATE INDEX payments_due ON purchase.payments (next_check_at) WHERE next_check_at IS NOT NULL;

CREATE TABLE purchase.commands (
  -- Operation and caller.
  scope text NOT NULL,
  key text NOT NULL,
  request_hash bytea NOT NULL,
  status text NOT NULL DEFAULT 'running' CHECK (status IN ('running', 'done')),
  -- A running command whose time is over has lost its worker: a repetition takes it over.
  running_until timestamptz NOT NULL,
  -- The final answer, to be repeated byte by byte; with an error code it is {message, extra}.
  error_code text,
  reply text,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (scope, key),
  CHECK ((status = 'done') = (reply IS NOT NULL)),
  CHECK (error_code IS NULL OR status = 'done')
);
