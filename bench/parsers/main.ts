import { barLine, holds, type Measured } from '../bar-lines.ts'
import { bars } from '../bars.ts'
import { allParsers } from './all-parsers.ts'
import type { Parser } from './parser.ts'

/**
 * The longest time that a caller can make a parser take with one header: each is given its worst inputs of 16 KB. Printed
 * is the best of several runs of the worst input, as a busy machine makes a run longer and nothing makes it shorter.
 */
const runs = 60

interface Worst {
  readonly ms: number
  readonly input: string
}

function bestMs(parse: Parser['parse'], input: string): number {
  let best = Number.POSITIVE_INFINITY
  for (let run = 0; run < runs; run += 1) {
    // A text of its own for each run: what V8 knows of one that it has read before does not count.
    const text = Buffer.from(input, 'latin1').toString('latin1')
    const startMs = performance.now()
    parse(text)
    best = Math.min(best, performance.now() - startMs)
    // A quadratic one takes long, and a few runs show it: the first ones may be slow for other reasons.
    if (run > 7 && best > 20) break
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

console.log('')
for (const one of measured) console.log(barLine(one))
if (!measured.every(holds)) process.exitCode = 1
