/**
 * Waits for work, but no longer than `timeoutMs`. A promise that another request started may never settle: the runtime
 * drops it with that request's context. And what the platform does for us may stall, which must not become our answer's
 * fault. The timer belongs to the request that waits.
 *
 * @returns what the work came to, `undefined` where it was not here in time
 * @throws {unknown} what the work was rejected with in time
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
