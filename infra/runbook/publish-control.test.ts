import { type ControlEntry, controlSnapshotKey, parseControl } from '@spillway/origin/contract'
import { expect, it } from 'vitest'
import { type ControlNamespace, publishControl } from './publish-control.ts'

/** A namespace; `between` runs after each call, as another operator's program does. */
function namespaceOf(
  entries: readonly ControlEntry[],
  between: (call: string) => Promise<void> = async () => {},
) {
  const keys = new Map(entries.map(({ value = '1', ...key }) => [key.name, { key, value }]))
  const after = async <T>(call: string, result: T): Promise<T> => {
    await between(call)
    return result
  }
  const namespace: ControlNamespace = {
    list: () =>
      after(
        'list',
        [...keys.values()].map(({ key }) => key),
      ),
    get: (name) => after('get', keys.get(name)?.value),
    put: async (name, value) => {
      keys.set(name, { key: { name }, value })
      await after('put', undefined)
    },
  }
  const published = () => parseControl(keys.get(controlSnapshotKey)?.value ?? null).map(({ name }) => name)
  return { namespace, keys, published }
}

const sub = (id: string): ControlEntry => ({ name: `revoked:sub:${id}` })

it('publishes switches with their values and ends, and nothing else', async () => {
  const shed = { name: 'shed', value: 'normal', expiration: 1_900_000_000 }
  const { namespace, keys } = namespaceOf([{ name: 'other' }, sub('b'), sub('a'), shed])
  expect(await publishControl(namespace)).toBe(1)
  expect(parseControl(keys.get(controlSnapshotKey)?.value ?? null)).toEqual([sub('a'), sub('b'), shed])
  expect(await publishControl(namespace)).toBe(0)
})

it('of two who publish at once, wherever they meet, the last copy has both changes', async () => {
  // Each call of the first is followed by all of the second's work, at another place in each trial.
  for (let meeting = 0; meeting < 4; meeting += 1) {
    let calls = 0
    const world = namespaceOf([sub('a')], async () => {
      if (calls++ !== meeting) return
      world.keys.set('revoked:sub:b', { key: sub('b'), value: '1' })
      await publishControl(world.namespace)
    })
    await publishControl(world.namespace)
    expect(world.published(), `meeting after call ${meeting}`).toEqual(['revoked:sub:a', 'revoked:sub:b'])
  }
})

it('ends when somebody changes the switches all the time', async () => {
  let count = 0
  const world = namespaceOf([], async (call) => {
    if (call === 'put')
      world.keys.set(`revoked:jti:${count++}`, { key: { name: `revoked:jti:${count}` }, value: '1' })
  })
  world.keys.set('revoked:jti:x', { key: { name: 'revoked:jti:x' }, value: '1' })
  await expect(publishControl(world.namespace)).rejects.toThrow('all the time')
})

it('refuses what no edge would read', async () => {
  const many = Array.from({ length: 40_000 }, (_, i) => sub(String(i).padStart(40, '0')))
  await expect(publishControl(namespaceOf(many).namespace)).rejects.toThrow('delete revocations')
})
