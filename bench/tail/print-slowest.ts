import type { SlowAnswer } from '../load/report.ts'
import { table } from '../measure/table.ts'
import { meanParts, type PartsOfTime, parts } from './parts-of-time.ts'

/**
 * Prints the mean of each part over the slowest hundredth of Spillway's answers, by connections, reads and writes
 * apart.
 */
export function printSlowest(slow: ReadonlyMap<number, readonly SlowAnswer[]>): void {
  const columns = [...slow].flatMap(([connections, answers]) =>
    [false, true].map((isWrite) => {
      const own = answers.filter((answer) => answer.isWrite === isWrite)
      return {
        head: `${connections} ${isWrite ? 'writes' : 'reads'}`,
        count: own.length,
        means: meanParts(own),
      }
    }),
  )
  const cell = (means: PartsOfTime | undefined, part: (typeof parts)[number]) =>
    means === undefined ? '–' : means[part].toFixed(1)
  const rows = [
    ['answers', ...columns.map(({ count }) => String(count))],
    ...parts.map((part) => [part, ...columns.map(({ means }) => cell(means, part))]),
  ]
  console.log(
    `\n${table(['slowest 1 % of Spillway, by connections', ...columns.map(({ head }) => head)], rows)}`,
  )
  console.log('\nms, means. Client and socket: all until the Worker is called, and the way back.')
}
