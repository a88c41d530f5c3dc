/* Payments, queues, tickets and waiting lists of one shop: each test has a buyer of its own, and each queue an event. */

import '../queue.test.ts'
import '../paying.test.ts'
import '../tickets.test.ts'
import '../waiting-list.test.ts'
