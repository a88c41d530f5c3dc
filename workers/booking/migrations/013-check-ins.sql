-- What became of the scans of tickets at the doors. It guarantees that
--   * a ticket is admitted at most once (index one_admission_per_ticket): the last fence, which needs no lock;
--   * a scan that is sent again is stored once (primary key), and no scan is later than its arrival.
-- Scans of anything else than a ticket of the event are not stored, and of one ticket few refused ones: `workers/booking/check-in/scan-rule.ts`.

CREATE TABLE booking.check_ins (
  event_id uuid NOT NULL,
  -- Chosen by the device.
  scan_id uuid NOT NULL,
  ticket_id uuid NOT NULL,
  gate text NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('admitted', 'already_admitted', 'void', 'replaced')),
  -- By the clock of the device, which may have had no connection.
  scanned_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (event_id, scan_id),
  FOREIGN KEY (event_id, ticket_id) REFERENCES booking.tickets,
  CONSTRAINT scanned_before_received CHECK (scanned_at <= received_at)
);
CREATE UNIQUE INDEX one_admission_per_ticket ON booking.check_ins (event_id, ticket_id) WHERE outcome = 'admitted';
CREATE INDEX check_ins_of_ticket ON booking.check_ins (event_id, ticket_id);
-- For the auditor, which looks for what changed lately.
CREATE INDEX check_ins_by_time ON booking.check_ins (received_at);

-- Gates also find a ticket by its number, the last eight digits of its id.
CREATE INDEX tickets_by_number ON booking.tickets (event_id, right(id::text, 8));
