import { expect, test } from 'vitest'
import { simulatePurges } from './simulate.ts'

const short = { seconds: 10, seed: 1 }

test.each([
  ['a few isolates', { isolates: 20, writesPerSecond: 20 }],
  ['many isolates', { isolates: 100, writesPerSecond: 50 }],
  ['more writes than the plan has tags for', { isolates: 20, writesPerSecond: 1_000 }],
])('no purge is lost, and none is refused: %s', async (name, size) => {
  const { unpurged, refused, slowestMs } = await simulatePurges({ name, ...size, ...short })
  expect({ unpurged, refused }).toEqual({ unpurged: 0, refused: 0 })
  expect(slowestMs).toBeLessThan(5_000)
})
