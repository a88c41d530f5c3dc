/* What buyers and organisers are answered over HTTP, by one system that all of these files share. */

import '../support/few-at-a-time.ts'
import '../integration/answers-over-http.test.ts'
import '../integration/api-description.test.ts'
import '../integration/bad-input.test.ts'
import '../integration/first-version-faults.test.ts'
import '../integration/http-caching.test.ts'
import '../integration/jwt-auth.test.ts'
import '../integration/one-seat-over-http.test.ts'
import '../integration/refunds-over-http.test.ts'
import '../integration/request-log.test.ts'
import '../integration/tickets-over-http.test.ts'
