import type { Waiting } from './batch-item.ts'

/**
 * Begins the span of a command that does the work of several callers.
 *
 * @param lane the collection and what is joined, e.g. `places find`
 * @returns ends it, with the error of a defect; `undefined` if no caller's trace is recorded
 */
export type TraceCommand = (
  lane: string,
  callers: Iterable<Waiting>,
) => ((error?: unknown) => void) | undefined
