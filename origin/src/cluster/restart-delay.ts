/**
 * Delay before a crashed worker is started again: none the first time, doubling with each consecutive crash, so that a
 * worker that cannot start does not keep a core busy.
 *
 * @param livedMs how long the last worker lived
 * @param crashes consecutive crashes before this one
 */
export function restartDelay(livedMs: number, crashes: number): { delayMs: number; crashes: number } {
  if (livedMs >= steadyMs) return { delayMs: 0, crashes: 1 }
  return { delayMs: crashes === 0 ? 0 : Math.min(delayMsMax, 250 * 2 ** (crashes - 1)), crashes: crashes + 1 }
}

/** A worker that lived this long is considered healthy, in ms. */
const steadyMs = 60_000
const delayMsMax = 15_000
