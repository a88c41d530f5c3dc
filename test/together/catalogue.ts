/* The operations of the event worker, on one worker with an empty catalogue for each test. */

import '../integration/attach-seating.test.ts'
import '../integration/event-list.test.ts'
import '../integration/import-idempotent.test.ts'
import '../integration/organiser-events.test.ts'
