import { setFlagsFromString } from 'node:v8'

/**
 * Keeps V8 from putting new objects straight among the old ones. It does so for kinds of objects of which most survived while few
 * requests were under way, as when all wait for an answer. From then on they are garbage that only a full collection finds, each
 * holds on to its request, and so each request is moved to the old ones before it is thrown away: measured at the gateway, 19 % of the
 * CPU instead of 2 %, for as long as it is busy. Nothing else depends on the flag; it is read whenever V8 compiles a function.
 */
export function keepGarbageYoung(): void {
  setFlagsFromString('--no-allocation-site-pretenuring')
}
