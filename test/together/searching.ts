/* Searches, each file in a catalogue of its own. */

import '../support/few-at-a-time.ts'
import '../integration/event-search.test.ts'
import '../integration/event-search-filters.test.ts'
import '../integration/event-search-words.test.ts'
