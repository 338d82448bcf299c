/**
 * Waits for shared work, but no longer than `timeoutMs`. A promise that another request started may never settle: the
 * runtime drops it with that request's context. The timer belongs to the request that waits.
 *
 * @returns whether the work settled in time; it must not reject
 */
export async function boundedWait(work: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | null = null
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, timeoutMs), false)
  })
  try {
    return await Promise.race([work.then(() => true), late])
  } finally {
    clearTimeout(timer)
  }
}
