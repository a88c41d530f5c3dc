/* Limits, and what no handler is asked, on one system. */

import '../support/few-at-a-time.ts'
import '../integration/client-error.test.ts'
import '../integration/known-before-body.test.ts'
import '../integration/read-ways.test.ts'
