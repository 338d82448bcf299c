/**
 * Awaits work for at most `timeoutMs`. A promise started by another request may never settle, since the runtime drops
 * it with that request's context, and a stalled platform call must not fail our answer. The timer belongs to the
 * request that waits.
 *
 * @returns the result, or `undefined` after the timeout
 * @throws {unknown} the rejection of the work, if it comes in time
 */
export async function inTime<T>(work: Promise<T>, timeoutMs: number): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | null = null
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, timeoutMs), undefined)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
