/* Lines, payments, tickets and waiting lists of one shop: each test has a buyer of its own, and each line an event. */

import '../line.test.ts'
import '../paying.test.ts'
import '../tickets.test.ts'
import '../waiting-list.test.ts'
