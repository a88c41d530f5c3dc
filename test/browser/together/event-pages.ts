/* The page of an event while others buy, and what pages are made of, in one shop. */

import '../event-page.test.ts'
import '../island.test.ts'
import '../live-seats.test.ts'
import '../long-names.test.ts'
