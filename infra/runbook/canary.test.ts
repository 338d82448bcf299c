import { expect, it } from 'vitest'
import { stages } from '../src/stages.ts'
import { canaryBetween } from './canary.ts'
import { Run } from './run.ts'

/** Findings of looks whose canary fails (✗) or passes (✓), one after the other. */
async function found(looks: string): Promise<readonly (string | undefined)[]> {
  const left = [...looks]
  // The cast: the canary asks no cloud.
  const nothing = undefined as never
  const run = new Run({
    ...{ root: '', config: stages.production, region: '', clients: nothing, cloudflare: nothing },
    ...{ inputs: { canary: 'yes', 'canary-token': 'token' }, ask: nothing, nowMs: () => 0 },
    canary: async () => [
      { step: 'read', ms: 1, attempts: 1, wrong: left.shift() === '✗' ? '503 unavailable' : undefined },
      { step: 'change', ms: 0, attempts: 0, wrong: 'left out' },
    ],
  })
  const all: (string | undefined)[] = []
  for (const _ of looks) all.push(await canaryBetween(run))
  return all
}

it.each([
  ['two failures, however far apart', '✓✗✓✗', 3],
  ['two failures in a row', '✓✓✗✗', 3],
])('stops an update at %s, and says what else looks the same', async (_, looks, at) => {
  const words = await found(looks)
  expect(words.findIndex((each) => each !== undefined)).toBe(at)
  expect(words[at]).toContain('read: 503 unavailable. A failover of the database or an outage of the edge')
  expect(words[at]).toContain('npm run why -- --stage production')
})

it('says that it failed before the first new origin', async () => {
  expect((await found('✗✗'))[1]).toContain('so look for another cause than the release')
})

it.each(['✓✓✓✓', '✓✗✓✓', '✗✓✓✓'])('lets one failure pass: %s', async (looks) => {
  expect(new Set(await found(looks))).toEqual(new Set([undefined]))
})
