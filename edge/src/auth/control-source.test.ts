import { type ControlEntry, controlSnapshotKey, formatControl } from '@spillway/origin/contract'
import { beforeEach, expect, it } from 'vitest'
import { ControlSource } from './control-source.ts'

const normal: ControlEntry = { name: 'shed', value: 'normal' }
const mallory: ControlEntry = { name: 'revoked:sub:mallory' }

let stored: string | null
let isDown: boolean
let asked: string[]
let failures: string[]
let source: ControlSource

beforeEach(() => {
  stored = null
  isDown = false
  asked = []
  failures = []
  // The cast is safe: the source uses this method only.
  const namespace = {
    get: async (key: string) => {
      asked.push(key)
      if (isDown) throw new Error('down')
      return stored
    },
  } as unknown as KVNamespace
  source = new ControlSource(namespace, (reason) => failures.push(String(reason)))
})

const publish = (...entries: readonly ControlEntry[]) => {
  stored = formatControl(entries)
}
const at = async (nowMs: number) => {
  await source.due(nowMs)?.refresh
  return source.current
}

it('reads all switches with one key, at most every 15 s', async () => {
  publish(normal, mallory)
  expect(await at(0)).toMatchObject({ shed: 'normal', revokedSubjects: new Map([['mallory', undefined]]) })
  publish(mallory)
  expect((await at(14_999)).shed).toBe('normal')
  expect(asked).toEqual([controlSnapshotKey])
  expect((await at(15_000)).shed).toBeUndefined()
  expect(asked).toHaveLength(2)
})

it('has none without a snapshot', async () => {
  expect(await at(0)).toMatchObject({ shed: undefined, revokedSubjects: new Map() })
  expect(failures).toEqual([])
})

it('keeps the last state while the namespace cannot be read, each part until its end', async () => {
  publish({ ...normal, expiration: 60 }, mallory)
  await at(0)
  isDown = true
  expect((await at(59_000)).shed).toBe('normal')
  const later = await at(75_000)
  expect([later.shed, later.revokedSubjects.has('mallory')]).toEqual([undefined, true])
  expect(failures).toEqual(['Error: down', 'Error: down'])
})

it.each(['', 'normal', '[]', '{"entries":[{"name":1}]}', '{"entries":[{"name":"shed","value":2}]}'])(
  'keeps the last state, says so, and makes nobody wait when the snapshot is %j',
  async (text) => {
    publish(normal)
    await at(0)
    stored = text
    expect((await at(20_000)).shed).toBe('normal')
    expect(failures).toEqual(['Error: control is not a snapshot of the switches'])
    expect(source.due(34_999)).toBeUndefined()
    publish(mallory)
    expect((await at(35_000)).shed).toBeUndefined()
  },
)

it('says once that a switch is misspelled', async () => {
  publish({ name: 'shed', value: 'nromal' })
  await at(0)
  publish({ name: 'shed', value: 'nromal' }, mallory)
  await at(20_000)
  expect(failures).toHaveLength(1)
})
