/* The payment sandbox by itself. */

import '../integration/payment-sandbox.test.ts'
import '../integration/payment-sandbox-refunds.test.ts'
