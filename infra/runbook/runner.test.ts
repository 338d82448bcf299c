import { expect, it } from 'vitest'
import { stages } from '../src/stages.ts'
import { Run } from './run.ts'
import { type Condition, Refusal, type Runbook, type Step } from './runbook.ts'
import { runRunbook } from './runner.ts'

/** Runs one step, with a clock that runs when somebody waits. @returns whether it ended well, and what was shown */
async function take(step: Partial<Step>): Promise<{ readonly isDone: boolean; readonly text: string }> {
  let nowMs = 0
  const shown: string[] = []
  // The cast: the step asks no cloud.
  const nothing = undefined as never
  const run = new Run({
    ...{ root: '', config: stages.production, region: '', clients: nothing, cloudflare: nothing },
    ...{ inputs: {}, ask: nothing, nowMs: () => nowMs },
  })
  const check: Condition = { say: 'it is so', missing: async () => undefined }
  const change = { kind: 'file', operation: 'change', typed: 'change', send: async () => {} } as const
  const whole: Step = { say: 'Do it', commands: () => [change], undo: () => [change], check, ...step }
  const runbook: Runbook = { name: 'one', when: 'Now.', after: '', steps: [whole] }
  const isDone = await runRunbook(runbook, run, 'yes', {
    ...{ root: '', env: {}, stop: new AbortController().signal, choose: async () => 'y' },
    print: (text) => shown.push(text),
    sleep: async (ms) => {
      nowMs += ms
      await new Promise(setImmediate)
    },
    nowMs: () => nowMs,
  })
  return { isDone, text: shown.join('\n') }
}

/** Looks that fail, each with its error, and then one that sees that all is well. */
const failing = (...errors: readonly Error[]) => {
  const left = [...errors]
  return async (): Promise<string | undefined> => {
    const error = left.shift()
    if (error !== undefined) throw error
    return undefined
  }
}
const gone = () => new Error('Cloudflare answered 502')
const awaited = { say: 'it is so', withinMs: 600_000, everyMs: 30_000 }

it.each(['missing', 'harm'] as const)('goes on when two looks in a row cannot be taken: %s', async (look) => {
  const check = { ...awaited, missing: async () => undefined, [look]: failing(gone(), gone()) }
  const { isDone, text } = await take({ check })
  expect(isDone, text).toBe(true)
  expect(text).toContain('… cannot look: Cloudflare answered 502')
})

it.each([
  ['three looks in a row cannot be taken', awaited, [gone(), gone(), gone()]],
  ['a look refuses', awaited, [new Refusal('there is no Worker')]],
  ['a look that must hold at once cannot be taken', { say: 'it is so' }, [gone()]],
])('ends, with what takes it back, when %s', async (_, condition, errors) => {
  const { isDone, text } = await take({ check: { ...condition, missing: failing(...errors) } })
  expect(isDone).toBe(false)
  expect(text).toContain(`✗ ${errors.at(-1)?.message}`)
  expect(text).toContain('to take it back:\n  Do it\n    $ change')
})

it('goes on watching a change after a look that cannot be taken', async () => {
  let looks = 0
  let end = () => {}
  const stopped = new Promise<void>((resolve) => (end = resolve))
  const long = {
    kind: 'file',
    operation: 'change',
    typed: 'change',
    send: () => stopped.then(() => Promise.reject(new Error('cancelled'))),
  } as const
  const stop = { kind: 'file', operation: 'stop', typed: 'stop', send: async () => end() } as const
  const { isDone, text } = await take({
    commands: () => [long],
    meanwhile: {
      everyMs: 15_000,
      harm: async () => {
        looks += 1
        if (looks === 1) throw gone()
        return 'it does harm'
      },
      stop: () => [stop],
    },
  })
  expect(isDone).toBe(false)
  expect(text).toContain('… cannot look: Cloudflare answered 502')
  expect(text).toContain('✗ stopped, and rolled back by the cloud: it does harm')
})
