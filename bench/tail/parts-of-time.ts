import type { SlowAnswer } from '../load/report.ts'

/**
 * Parts of a request's time, in the order in which it passes them. The origin's parts are there only if it was asked.
 */
export const parts = [
  'client and socket',
  'edge, before',
  'wait for a slot',
  'way to the origin',
  "origin's queue",
  'checks and batch',
  'database',
  'origin, after',
  'edge, after',
] as const
export type Part = (typeof parts)[number]
export type PartsOfTime = Readonly<Record<Part, number>>

/**
 * Splits the latency of an answer by its `Server-Timing`, ms. What the edge does not know of is `client and socket`:
 * the time until the Worker is called, and the way back. An answer from memory has no `Server-Timing`, since the
 * runtime's clock stands still while it is made.
 */
export function partsOf({ ms, timing }: Pick<SlowAnswer, 'ms' | 'timing'>): PartsOfTime {
  const { edge = 0, before, slot = 0, origin = 0, app, queue = 0, batch = 0, db = 0 } = durations(timing)
  const whole = before === undefined ? edge : before
  return {
    'client and socket': ms - edge,
    'edge, before': whole,
    'wait for a slot': slot,
    'way to the origin': app === undefined ? origin : origin - app,
    "origin's queue": queue,
    'checks and batch': batch,
    database: db,
    'origin, after': app === undefined ? 0 : app - queue - batch - db,
    'edge, after': before === undefined ? 0 : edge - before - slot - origin,
  }
}

/** `name;dur=1.5, …` (W3C Server Timing, §3). */
function durations(timing: string): Readonly<Record<string, number>> {
  const found = [...timing.matchAll(/([a-z]+);dur=(-?[\d.]+)/g)]
  return Object.fromEntries(found.map(([, name = '', value]) => [name, Number(value)]))
}

/** Means of all parts, ms; `undefined` for no answers. */
export function meanParts(answers: readonly SlowAnswer[]): PartsOfTime | undefined {
  if (answers.length === 0) return undefined
  const split = answers.map(partsOf)
  const mean = (part: Part) => split.reduce((sum, each) => sum + each[part], 0) / split.length
  // The cast is safe: every part has a mean.
  return Object.fromEntries(parts.map((part) => [part, mean(part)])) as Record<Part, number>
}
