/* What a reader sees and a buyer loads, in a shop with its usual limits. */

import '../../support/few-at-a-time.ts'
import '../readable-without-script.test.ts'
import '../session.test.ts'
import '../whole-purchase.test.ts'
