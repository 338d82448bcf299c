import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Waits for the end of a job before the first request, for `waitMs` at most: with few documents it ends sooner, and then
 * nothing is refused for want of it.
 */
export async function headStart(
  work: Promise<void> | undefined,
  waitMs: number,
  signal: AbortSignal,
): Promise<void> {
  await Promise.race([work, sleep(waitMs, undefined, { signal, ref: false }).catch(() => {})])
}
