/**
 * Program: `npm run test:reload [-- --rounds 50] [--seed 1]` runs `npm start` in a copy of the checkout. It repeatedly
 * saves a mistake in a resource's file and fixes it after a random delay. Each round must end with both tiers on the
 * new contract, without a restart by hand.
 */
import { rm } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { reportBars } from '@spillway/infra/local/bar'
import { copyCheckout } from '@spillway/infra/local/checkout-copy'
import { bars } from '../bars.ts'
import { pick, seededRandom } from '../load/random.ts'
import { type Mistake, startCopy } from './rounds.ts'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '50' }, seed: { type: 'string', default: '1' } },
})
const rounds = Number(values.rounds)
const random = seededRandom(Number(values.seed))
const mistakes: readonly Mistake[] = ['syntax', 'definition', 'missing-module', 'throws']
/** Delays around the moments at which changes used to be missed: before, while and after a tier is stopped. */
const mendAfterMaxMs = 4_000

const folder = await copyCheckout()
const started = await startCopy(folder)
let good = 0
try {
  for (let number = 1; number <= rounds; number += 1) {
    const mistake = pick(mistakes, random)
    const mendAfterMs = Math.floor(random() * mendAfterMaxMs)
    const isGood = await started.play({ mistake, mendAfterMs }, 100 + number)
    if (isGood) good += 1
    else console.log(started.output().split('\n').slice(-30).join('\n'))
    console.log(
      `round ${number}: ${mistake}, mended after ${mendAfterMs} ms: ${isGood ? 'reloaded' : 'NOT RELOADED'}`,
    )
  }
} finally {
  await started.stop()
  await rm(folder, { recursive: true, force: true })
}
reportBars([{ bar: { ...bars.reloadRounds, limit: rounds }, value: good }])
