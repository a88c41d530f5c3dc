/* Waiting lists, on two booking workers that these files share. */

import '../support/few-at-a-time.ts'
import '../integration/waiting-list.test.ts'
import '../integration/waiting-list-offers.test.ts'
