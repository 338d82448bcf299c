import {
  anyone,
  asStored,
  catalogue,
  findView,
  parseListQuery,
  representation,
  resource,
  type View,
} from '@spillway/origin/contract'
import { Type } from 'typebox'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Lane, Records } from '../../src/store/records.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { advisories, advisory, inTime, listQuery } from './documents.ts'

/** Counts the commands, which batching is to reduce. */
let database: TestDatabase
beforeAll(async () => {
  database = await openTestDatabase()
})
afterAll(() => database.drop())

function sent(records: Records, wanted: Lane): { readonly commands: number; readonly items: number } {
  for (const { lane, counts } of records.counts()) {
    if (lane === wanted) return { commands: counts.batches, items: counts.items }
  }
  return { commands: 0, items: 0 }
}

it('batches a hundred creates into a few inserts, and a hundred reads of ten documents into a few finds', async () => {
  const { repository, records } = database.repository()
  const created = await Promise.all(
    Array.from({ length: 100 }, (_, item) =>
      repository.create(advisories, { fields: advisory(`J-${item}`) }, undefined, inTime()),
    ),
  )
  expect(new Set(created.map(({ kind }) => kind))).toEqual(new Set(['created']))
  expect(sent(records, 'insert').commands).toBeLessThanOrEqual(4)

  const ids = created.slice(0, 10).map((outcome) => ('document' in outcome ? outcome.document.id : ''))
  const reads = await Promise.all(
    Array.from({ length: 100 }, (_, read) => repository.read(advisories, ids[read % 10] as string, inTime())),
  )
  expect(new Set(reads.map(({ kind }) => kind))).toEqual(new Set(['found']))
  expect(sent(records, 'find').commands).toBeLessThanOrEqual(4)
  expect(sent(records, 'find').items).toBeLessThanOrEqual(11)
})

it('runs equal lists once for all callers that wait, and once more for all that come after it was sent', async () => {
  const { repository, records } = database.repository()
  const query = listQuery(advisories, '')
  const ask = () => Array.from({ length: 50 }, () => repository.list(advisories, query, undefined, inTime()))
  const first = ask()
  await new Promise(setImmediate)
  expect(sent(records, 'list').commands).toBe(1)
  await Promise.all([...first, ...ask()])
  expect(sent(records, 'list').commands).toBe(2)
})

it('does not join lists with equal text and different fields in two versions', async () => {
  const shared = Type.Object({ from: Type.String({ maxLength: 100 }), to: Type.String({ maxLength: 100 }) })
  const routes = resource('routes', {
    description: 'Whose versions use one name for two things.',
    schema: shared,
    access: { read: anyone, write: anyone },
    cache: { maxAge: '1m' },
    query: { filter: ['from', 'to'], sort: ['from', 'to'], defaultSort: 'from' },
    indexes: [{ fields: { from: 1 } }, { fields: { to: 1 } }],
    priority: 'normal',
    versions: [
      asStored('v2', shared),
      representation('v1', {
        stored: shared,
        schema: Type.Object({ from: Type.String({ maxLength: 100 }), to: Type.String({ maxLength: 100 }) }),
        fromStored: ({ from, to }) => ({ from: to, to: from }),
        toStored: ({ from, to }) => ({ from: to, to: from }),
        paths: { from: 'to', to: 'from' },
      }),
    ],
  })
  const { repository } = database.repository()
  await repository.create(routes, { fields: { from: 'Lyon', to: 'Nice' } }, undefined, inTime())
  const list = async (version: 'v1' | 'v2') => {
    const parsed = parseListQuery(findView(catalogue(routes), version, 'routes') as View, 'from=Lyon')
    if (!parsed.ok) throw new Error(parsed.problem.detail)
    const outcome = await repository.list(routes, parsed.value, undefined, inTime())
    return outcome.kind === 'page' ? outcome.documents.length : outcome.kind
  }
  // They wait together, so a wrong key would join them.
  const versions = ['v1', 'v2', 'v1', 'v2', 'v1', 'v2', 'v2', 'v1'] as const
  const expected = versions.map((version) => (version === 'v2' ? 1 : 0))
  expect(await Promise.all(versions.map(list))).toEqual(expected)
})

it('answers the losers among many replacements of one document without a command', async () => {
  const { repository, records } = database.repository()
  const outcome = await repository.create(advisories, { fields: advisory('J-crowd') }, undefined, inTime())
  if (outcome.kind !== 'created') throw new Error(outcome.kind)
  const { document } = outcome
  const outcomes = await Promise.all(
    Array.from({ length: 200 }, () => repository.replace(advisories, document, document.fields, inTime())),
  )
  expect(outcomes.filter(({ kind }) => kind === 'replaced')).toHaveLength(1)
  expect(outcomes.filter(({ kind }) => kind === 'versionConflict')).toHaveLength(199)
  expect(sent(records, 'replace')).toEqual({ commands: 1, items: 1 })
})
