import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Plant } from '../faults/plant.ts'
import { describe as describeViolation } from '../faults/report.ts'
import { runTrial, type Trial } from '../faults/trial.ts'
import type { Violation } from '../faults/violation.ts'
import { startWorld, type World } from '../faults/world.ts'

/** A short run of `npm run test:faults`. How fast service comes back is left to the bars of a full run. */

const seed = 20_261_128
const seconds = 25
/** Leaves the processor to the other tests: a full run's clients pause for half of it. */
const pauseMs = 100
let world: World
let number = 0

beforeAll(async () => {
  world = await startWorld()
})

afterAll(() => world?.stop())

test('under faults, every answer is true, in time and explained by one order of the writes', async () => {
  const trial = await runTrial(world, { seed, seconds, pauseMs, exchangesMin: 501, number: ++number })

  expect(trial.faults.length).toBeGreaterThan(5)
  expect(trial.exchanges.length).toBeGreaterThan(500)
  expect(shown(trial, `npm run test:faults -- --seed ${seed} --seconds ${seconds}`)).toEqual([])
  expect(trial.leftInWork).toBe(0)
  expect(trial.drains.filter(({ code }) => code !== 0)).toEqual([])
})

test.each([
  ['stale', 'stale'],
  ['lie', 'untrue'],
  ['lost', 'lost'],
] as const)('a planted %s is found, and nothing else', async (plant: Plant, kind) => {
  const trial = await runTrial(world, {
    seed,
    // Ends by its number of requests: a longer trial finds the same more often.
    seconds: 1,
    exchangesMin: 300,
    number: ++number,
    plant,
    faults: false,
  })

  // A busy machine may answer late without a fault: the test above is the one that asks for answers in time.
  const found = trial.violations.filter((violation) => !isLateAnswer(violation))
  expect(new Set(found.map((violation) => violation.kind))).toEqual(new Set([kind]))
})

const isLateAnswer = ({ kind, exchanges }: Violation): boolean =>
  kind === 'hung' && exchanges.every(({ failure }) => failure === undefined)

const shown = (trial: Trial, replay: string): string[] =>
  trial.violations.slice(0, 5).map((violation) => describeViolation(violation, trial, replay))
