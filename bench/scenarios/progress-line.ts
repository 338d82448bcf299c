import type { Progress } from './run-plan.ts'

const count = (value: number): string => Math.round(value).toLocaleString('en-US')

/** Rates since the previous line, per second. */
export function progressLine(now: Progress, before: Progress, usersNow: number): string {
  const seconds = Math.max(0.001, (now.atMs - before.atMs) / 1000)
  const rate = (name: 'asked' | 'good' | 'shed' | 'failed') => count((now[name] - before[name]) / seconds)
  const at = `${(now.atMs / 1000).toFixed(0)} s`.padStart(6)
  return `${at}  ${count(usersNow).padStart(7)} users  ${rate('asked')} asked/s  ${rate('good')} good  ${rate('shed')} shed  ${rate('failed')} failed`
}

export const noProgress: Progress = { atMs: 0, asked: 0, good: 0, shed: 0, failed: 0 }
