import { noRequestControl, type RequestControl } from '../policy/request-control.ts'
import { reuse } from '../policy/reuse.ts'
import type { Entry } from './entry.ts'

/** Reason of a fetch for `Cache-Status` (RFC 9211 §2.2): the request's own directives, if the stored answer is fresh. */
export const reasonOf = (
  stored: Entry | undefined,
  control: RequestControl,
  nowMs: number,
): { reason?: 'request' } =>
  stored !== undefined && reuse(stored.policy, nowMs) === 'fresh' && control !== noRequestControl
    ? { reason: 'request' }
    : {}
