-- Refunds, what providers tell by webhook, refunds of whole events, the outbox. It guarantees, whatever the worker does, that
--   * money is given back only of what was captured, and all refunds of a payment together are never promised more than that,
--     however many are on their way at once (promised_within_capture);
--   * what a payment says went back was promised before (refunded_within_promise), and it is `refunded` only when all of it
--     went back (refunded_means_wholly);
--   * a refund has an amount once its tickets are back and not before, and one that was refused has none and says why
--     (amount_once_returning, refusal_says_why);
--   * a refund that is not at its end is always looked at again (open_refund_is_due), and so are the refunds of an event
--     (unfinished_is_due);
--   * a refund's key belongs to one refund, unless earlier ones with it were refused (one_refund_per_key);
--   * a payment is refunded at most once because its event was cancelled (one_event_refund);
--   * an event of a provider is applied at most once (primary key of provider_inbox).

ALTER TABLE purchase.payments
  -- Money of refunds whose tickets are back, and of that what is back with the buyer.
  ADD COLUMN promised_minor bigint NOT NULL DEFAULT 0,
  ADD COLUMN refunded_minor bigint NOT NULL DEFAULT 0,
  -- One more with every move: facts about the payment carry it.
  ADD COLUMN version int NOT NULL DEFAULT 1,
  ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now(),
  DROP CONSTRAINT payments_status_check,
  DROP CONSTRAINT payments_check2,
  DROP CONSTRAINT payments_check4,
  ADD CONSTRAINT payments_status_check CHECK (status IN
    ('created', 'authorising', 'unknown', 'authorised', 'capturing', 'captured', 'refunded', 'voiding', 'voided', 'failed')),
  ADD CONSTRAINT captured_in_full
    CHECK (captured_minor = CASE WHEN status IN ('captured', 'refunded') THEN amount_minor ELSE 0 END),
  ADD CONSTRAINT promised_within_capture CHECK (promised_minor <= captured_minor),
  ADD CONSTRAINT refunded_within_promise CHECK (refunded_minor BETWEEN 0 AND promised_minor),
  ADD CONSTRAINT refunded_means_wholly CHECK (status <> 'refunded' OR refunded_minor = captured_minor),
  ADD CONSTRAINT open_payment_is_due
    CHECK (next_check_at IS NOT NULL OR status IN ('captured', 'refunded', 'voided', 'failed'));

DROP INDEX purchase.one_live_payment;
CREATE UNIQUE INDEX one_live_payment ON purchase.payments (booking_id)
  WHERE status IN ('created', 'authorising', 'unknown', 'authorised', 'capturing', 'captured', 'refunded');
CREATE INDEX payments_of_event ON purchase.payments (event_id, status);

-- requested → returning → done | requested → refused
CREATE TABLE purchase.refunds (
  id uuid PRIMARY KEY,
  payment_id uuid NOT NULL REFERENCES purchase.payments,
  event_id uuid NOT NULL,
  booking_id uuid NOT NULL,
  -- Null: all that are valid when the booking worker looks.
  ticket_ids uuid[] CHECK (cardinality(ticket_ids) BETWEEN 1 AND 100),
  reason text NOT NULL CHECK (reason IN ('buyer', 'organiser', 'event_cancelled')),
  -- Operation and caller.
  requested_by text NOT NULL,
  provider_key text NOT NULL,
  -- `returning`: the tickets are back, the money is on its way. `done`: so is the money.
  status text NOT NULL DEFAULT 'requested' CHECK (status IN ('requested', 'returning', 'done', 'refused')),
  -- What the tickets are worth, as the booking worker answered.
  amount_minor bigint CHECK (amount_minor >= 0),
  -- {code, message, extra}, as the booking worker said it.
  refusal jsonb,
  -- Until then the refund is some driver's own; after it anybody may drive it on. Null: nothing is left to do.
  next_check_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT amount_once_returning CHECK ((amount_minor IS NOT NULL) = (status IN ('returning', 'done'))),
  CONSTRAINT refusal_says_why CHECK ((refusal IS NOT NULL) = (status = 'refused')),
  CONSTRAINT open_refund_is_due CHECK (next_check_at IS NOT NULL OR status IN ('done', 'refused')),
  CONSTRAINT refused_is_at_its_end CHECK (next_check_at IS NULL OR status <> 'refused')
);
CREATE UNIQUE INDEX one_refund_per_key ON purchase.refunds (provider_key) WHERE status <> 'refused';
CREATE UNIQUE INDEX one_event_refund ON purchase.refunds (payment_id) WHERE reason = 'event_cancelled';
CREATE INDEX refunds_of_payment ON purchase.refunds (payment_id);
CREATE INDEX refunds_due ON purchase.refunds (next_check_at) WHERE next_check_at IS NOT NULL;

-- One row a cancelled event: all its payments are to be refunded.
CREATE TABLE purchase.event_refunds (
  event_id uuid PRIMARY KEY,
  started_at timestamptz NOT NULL DEFAULT now(),
  -- Taken back when money is captured for the event later.
  finished_at timestamptz,
  next_check_at timestamptz,
  CONSTRAINT unfinished_is_due CHECK ((finished_at IS NULL) = (next_check_at IS NOT NULL))
);
CREATE INDEX event_refunds_due ON purchase.event_refunds (next_check_at) WHERE next_check_at IS NOT NULL;

-- What providers told, each event once, written in the transaction that applied it. Kept for a week.
CREATE TABLE purchase.provider_inbox (
  provider text NOT NULL,
  provider_event_id text NOT NULL,
  body jsonb NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now(),
  applied_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (provider, provider_event_id)
);
CREATE INDEX inbox_by_age ON purchase.provider_inbox (received_at);

-- Answers are repeated for a day.
ALTER TABLE purchase.commands
  -- Of the payment or refund that came of the command, if one did.
  ADD COLUMN provider_key text;
CREATE INDEX commands_by_age ON purchase.commands (created_at);

-- Facts on their way to the stream; see shared/outbox.ts.
CREATE TABLE purchase.outbox (
  id uuid PRIMARY KEY,
  subject text NOT NULL,
  payload jsonb NOT NULL,
  trace text,
  created_at timestamptz NOT NULL DEFAULT now(),
  published_at timestamptz
);
CREATE INDEX outbox_unpublished ON purchase.outbox (id) WHERE published_at IS NULL;
CREATE INDEX outbox_by_age ON purchase.outbox (published_at) WHERE published_at IS NOT NULL;
