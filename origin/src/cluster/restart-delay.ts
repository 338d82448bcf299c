/**
 * How long to wait before a worker that has crashed is started again: at once the first time, doubling while crashes
 * follow each other, so that a worker that cannot start does not keep a core busy with trying.
 *
 * @param livedMs how long the last one lived
 * @param crashes crashes in a row before this one
 */
export function restartDelay(livedMs: number, crashes: number): { delayMs: number; crashes: number } {
  if (livedMs >= steadyMs) return { delayMs: 0, crashes: 1 }
  return { delayMs: crashes === 0 ? 0 : Math.min(delayMsMax, 250 * 2 ** (crashes - 1)), crashes: crashes + 1 }
}

/** A worker that has lived this long was not broken from the start. */
const steadyMs = 60_000
const delayMsMax = 15_000
