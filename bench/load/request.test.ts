import { findView, geoPoint, inputSchema, matchRoute, parseListQuery } from '@spillway/origin/contract'
import { resources } from '@spillway/origin/fixture'
import { samplePattern } from '@spillway/origin/sample-pattern'
import { Value } from 'typebox/value'
import { describe, expect, it } from 'vitest'
import { operationsOf } from './operations.ts'
import { chooser } from './popularity.ts'
import { seededRandom } from './random.ts'
import { type RequestOptions, Requests } from './request.ts'
import { sampleValue, type ValueSchema } from './sample-value.ts'

const operations = operationsOf(resources, { shares: { read: 25, list: 25, create: 25, patch: 25 } })

const options = (seed: number): RequestOptions => ({
  operations,
  documents: {
    places: Array.from({ length: 50 }, (_, i) => ({ id: `place-${i}`, filterValue: 'FR' })),
    advisories: [{ id: 'advisory-0', filterValue: 'FR' }],
  },
  popularity: { kind: 'zipf', exponent: 0.8 },
  tokens: ['token-a', 'token-b'],
  run: 'run',
  random: seededRandom(seed),
})

it('samples a point as the schema of a place has it', () => {
  const point = sampleValue(geoPoint() as ValueSchema, seededRandom(1))
  expect(Value.Check(geoPoint(), point)).toBe(true)
})

describe('requests', () => {
  const requests = new Requests(options(1))
  const made = Array.from({ length: 500 }, (_, user) => requests.next(user))

  it('are valid by the contract', () => {
    for (const { operation, method, path, body } of made) {
      const [pathname = '', search = ''] = path.split('?')
      const match = matchRoute(resources, method, pathname)
      expect(match).toMatchObject({ kind: 'route', route: { operation: operation.kind } })
      const view = findView(resources, 'v2', operation.resource)
      if (view === undefined) throw new Error('no view')
      if (operation.kind === 'list') expect(parseListQuery(view, search)).toHaveProperty('value')
      const schema = inputSchema(view.representation)
      if (operation.kind === 'create') expect(Value.Check(schema, JSON.parse(body ?? ''))).toBe(true)
      if (operation.kind === 'patch') {
        const [[name, value] = ['', undefined]] = Object.entries(JSON.parse(body ?? ''))
        expect(Value.Check(schema.properties[name] ?? {}, value)).toBe(true)
      }
    }
  })

  it('never carry the same Idempotency-Key twice', () => {
    const keys = made.flatMap(({ headers }) => headers['idempotency-key'] ?? [])
    expect(keys.length).toBeGreaterThan(50)
    expect(new Set(keys).size).toBe(keys.length)
  })

  it('carry the token of their user', () => {
    expect(made[0]?.headers.authorization).toBe('Bearer token-a')
    expect(made[1]?.headers.authorization).toBe('Bearer token-b')
    expect(made[2]?.headers.authorization).toBe('Bearer token-a')
  })

  it('are the same for the same seed', () => {
    const again = new Requests(options(1))
    expect(again.next(0)).toEqual(made[0])
  })
})

it('refuses a mix that needs documents where there are none', () => {
  expect(() => new Requests({ ...options(1), documents: {} })).toThrow(/places\.read/)
})

describe('a chooser', () => {
  const counts = (choose: ReturnType<typeof chooser>, count: number) => {
    const random = seededRandom(3)
    const found = new Array<number>(count).fill(0)
    for (let i = 0; i < 20_000; i++) {
      const index = choose(random)
      found[index] = (found[index] ?? 0) + 1
    }
    return found
  }

  it('follows Zipf: the k-th is chosen 1/k^s as often as the first', () => {
    const found = counts(chooser({ kind: 'zipf', exponent: 1 }, 100), 100)
    const [first = 0, second = 0] = found
    expect(first / second).toBeCloseTo(2, 0)
    expect(found.every((count) => count > 0)).toBe(true)
  })

  it('chooses one document alone where every user wants the same', () => {
    expect(counts(chooser({ kind: 'one' }, 10), 10)[0]).toBe(20_000)
  })

  it('asks for none again before all others, where they are asked for in turn', () => {
    expect(counts(chooser({ kind: 'in turn' }, 10), 10)).toEqual(new Array(10).fill(2_000))
  })

  it('chooses all documents alike where none is more popular', () => {
    expect(Math.min(...counts(chooser({ kind: 'uniform' }, 10), 10))).toBeGreaterThan(1_500)
  })
})

describe('a sample of a pattern', () => {
  it.each(['^[A-Z]{2}$', '^[A-Z]{2}-\\d{4}-\\d{1,4}$', '^[A-Za-z0-9_-]{1,64}$', '^a?b+\\.c$'])(
    '%s',
    (pattern) => {
      const random = seededRandom(5)
      for (let i = 0; i < 50; i++) expect(samplePattern(pattern, random)).toMatch(new RegExp(pattern))
    },
  )

  it('is refused where it would be a guess', () => {
    expect(() => samplePattern('^(a|b)$', seededRandom(1))).toThrow(/no sample/)
  })
})
