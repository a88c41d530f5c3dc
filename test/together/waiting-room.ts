/* Waiting rooms and the stream of seats over HTTP, on one system that these files share. */

import '../support/few-at-a-time.ts'
import '../integration/passes.test.ts'
import '../integration/seat-stream-place.test.ts'
import '../integration/waiting-room.test.ts'
