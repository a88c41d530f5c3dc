-- Why a payment failed has a column of its own, decline_code is only what the provider says, and a webhook is kept as it came.
-- It guarantees that
--   * a payment has failed for one known reason, and no other payment has one (failed_says_why);
--   * a payment without a booking is one that the booking worker refused, nobody is to be told of it (refused_has_no_booking,
--     refused_payment_is_at_its_end);
--   * only a payment that the provider declined, or would not capture, has the provider's reason (decline_code_is_the_providers).

ALTER TABLE purchase.payments
  ADD COLUMN failure text
    CHECK (failure IN ('refused', 'not_asked', 'not_authorised', 'declined', 'capture_refused')),
  -- Digest of the places that the request asked for; null where it named a hold.
  ADD COLUMN wish bytea;

-- Earlier rows said it in decline_code. A payment declined at once with the code capture_refused looked like a refused capture, which
-- takes two more moves, and its hold was never returned: it is looked at again.
UPDATE purchase.payments SET
  failure = CASE
    WHEN booking_id IS NULL THEN 'refused'
    WHEN decline_code IS NULL THEN 'not_asked'
    WHEN decline_code = 'not_authorised' THEN 'not_authorised'
    WHEN decline_code = 'capture_refused' AND version > 4 THEN 'capture_refused'
    ELSE 'declined' END,
  decline_code = CASE WHEN booking_id IS NULL OR decline_code = 'not_authorised' THEN NULL ELSE decline_code END,
  next_check_at = CASE
    WHEN booking_id IS NULL THEN NULL
    WHEN decline_code = 'capture_refused' AND version <= 4 THEN now()
    ELSE next_check_at END
WHERE status = 'failed';

ALTER TABLE purchase.payments
  ADD CONSTRAINT failed_says_why CHECK ((failure IS NOT NULL) = (status = 'failed')),
  ADD CONSTRAINT refused_has_no_booking CHECK (failure IS NULL OR (failure = 'refused') = (booking_id IS NULL)),
  ADD CONSTRAINT refused_payment_is_at_its_end CHECK (failure <> 'refused' OR next_check_at IS NULL),
  ADD CONSTRAINT decline_code_is_the_providers CHECK (decline_code IS NULL OR failure IN ('declined', 'capture_refused'));

CREATE INDEX payments_of_hold ON purchase.payments (hold_id);

-- JSON of Postgres has no NUL, no lone surrogates and no deep nesting, which a signed webhook may have.
ALTER TABLE purchase.provider_inbox ALTER COLUMN body TYPE text USING body::text;
