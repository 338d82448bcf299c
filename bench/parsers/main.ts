import { parseArgs } from 'node:util'
import { barLine, holds, type Measured } from '@spillway/infra/local/bar'
import { bars } from '../bars.ts'
import { allParsers } from './all-parsers.ts'
import { largestGood, refuse, refused, take } from './bodies.ts'
import type { Parser } from './parser.ts'

parseArgs({ options: {} })

/**
 * Longest time that a caller can make a parser take with one header: each gets its worst inputs of 16 KB. Also compares
 * refused bodies with the largest accepted one. Prints the shortest of several runs, since a busy machine makes runs
 * longer and nothing makes them shorter.
 */
const runs = 60

interface Worst {
  readonly ms: number
  readonly input: string
}

function bestMs(parse: Parser['parse'], input: string): number {
  let best = Number.POSITIVE_INFINITY
  for (let run = 0; run < runs; run += 1) {
    // Each run gets a new string: V8 caches what it knows about one that it has read.
    const text = Buffer.from(input, 'latin1').toString('latin1')
    const startMs = performance.now()
    parse(text)
    best = Math.min(best, performance.now() - startMs)
    // A quadratic parser takes long, and a few runs show it. The first runs are slow for other reasons.
    if (run > 7 && best > 20) break
  }
  return best
}

/** Takes turns, since these are compared with each other: disturbances of the machine affect all alike. */
function bestInTurns(works: Readonly<Record<string, () => unknown>>): ReadonlyMap<string, number> {
  const best = new Map<string, number>()
  for (let run = 0; run < runs; run += 1) {
    for (const [name, work] of Object.entries(works)) {
      const startMs = performance.now()
      work()
      best.set(name, Math.min(best.get(name) ?? Number.POSITIVE_INFINITY, performance.now() - startMs))
    }
  }
  return best
}

function worstOf({ parse, worst }: Parser): Worst {
  return worst
    .map((input) => ({ ms: bestMs(parse, input), input }))
    .reduce((left, right) => (right.ms > left.ms ? right : left))
}

const shortened = (input: string): string =>
  JSON.stringify(input.length > 24 ? `${input.slice(0, 16)}…${input.slice(-6)}` : input)

const measured: Measured[] = []
for (const parser of allParsers) {
  const { ms, input } = worstOf(parser)
  console.log(`${parser.name.padEnd(32)}${ms.toFixed(3).padStart(9)} ms   ${shortened(input)}`)
  measured.push({ bar: { ...bars.parserWorst, name: `${bars.parserWorst.name}-${parser.name}` }, value: ms })
}

console.log('\nbodies of 256 KB at the origin')
const bodies = bestInTurns({
  'the largest that is taken': () => take(largestGood),
  ...Object.fromEntries(Object.entries(refused).map(([name, body]) => [name, () => refuse(body)])),
})
for (const [name, ms] of bodies) console.log(`${name.padEnd(32)}${ms.toFixed(3).padStart(9)} ms`)
const [goodMs = Number.NaN, ...refusedMs] = bodies.values()
measured.push({ bar: bars.refusalTimes, value: Math.max(...refusedMs) / goodMs })

console.log('')
for (const one of measured) console.log(barLine(one))
if (!measured.every(holds)) process.exitCode = 1
