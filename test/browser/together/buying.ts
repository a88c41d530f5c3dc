/* Payments, queues, tickets, waiting lists, desks and doors of one shop: each test has a buyer of its own, and each queue an event. */

import '../desk.test.ts'
import '../door.test.ts'
import '../queue.test.ts'
import '../my-data.test.ts'
import '../paying.test.ts'
import '../tickets.test.ts'
import '../waiting-list.test.ts'
