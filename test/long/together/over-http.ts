/* Long talks with one system, which all of these files share. */

import '../../support/few-at-a-time.ts'
import '../one-call-purchase.test.ts'
import '../replies-to-their-callers.test.ts'
import '../two-gateways.test.ts'
