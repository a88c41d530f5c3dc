/* The purchase worker's code in this process; each file scripts a booking worker and a provider of its own. */

import '../support/few-at-a-time.ts'
import '../integration/refunds.test.ts'
import '../integration/refused-buyers.test.ts'
import '../integration/stuck-refunds.test.ts'
