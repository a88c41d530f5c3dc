/* NATS, and facts between it and PostgreSQL. */

import '../support/few-at-a-time.ts'
import '../integration/facts.test.ts'
import '../integration/messages.test.ts'
import '../integration/nats-configuration.test.ts'
import '../integration/nats-users.test.ts'
import '../integration/send.test.ts'
