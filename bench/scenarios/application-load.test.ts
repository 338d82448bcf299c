import { describe, expect, it } from 'vitest'
import { askFor } from '../load/operation-mix.ts'
import { seededRandom } from '../load/random.ts'
import { chooseApplication } from '../measure/application-option.ts'
import { applicationLoad, openRead, readsOf } from './application-load.ts'

const marketplace = await chooseApplication('bench/marketplace')

describe('the load of an application', () => {
  it('is what its tools say, with the refusals that they expect', () => {
    const { browse, documentsMax } = applicationLoad(marketplace)
    expect(browse.map(({ name, weight }) => [name, weight])).toEqual([
      ['listings.read', 65],
      ['listings.list', 24],
      ['reviews.list', 8],
      ['listings.book', 2],
      ['listings.create', 1],
    ])
    expect(browse.find(({ name }) => name === 'listings.book')?.expects).toEqual(['dates-taken'])
    expect(documentsMax).toBe(5_000)
  })

  it('is that of the repository, where no other is named', async () => {
    const own = await chooseApplication('own')
    expect(own.isOwn).toBe(true)
  })

  it('refuses a folder without an application', async () => {
    await expect(chooseApplication('bench/nowhere')).rejects.toThrow(
      '--application bench/nowhere: must be the folder of an application, as a path from the root of the repository; ' +
        'there is no bench/nowhere/application/index.ts',
    )
  })
})

describe('requests of a mix', () => {
  const documents = [{ id: 'a' }, { id: 'b' }]

  it('are reads of the crowded resource, in turn', () => {
    const mix = readsOf(openRead(marketplace), documents, { kind: 'in turn' })
    const asking = askFor(mix, () => ({}), seededRandom(1))
    const calls = [asking.next(0), asking.next(1), asking.next(2)].map(({ call }) => call)
    expect(calls).toMatchObject([
      { method: 'GET', path: '/v1/listings/a', headers: {} },
      { method: 'GET', path: '/v1/listings/b', headers: {} },
      { method: 'GET', path: '/v1/listings/a', headers: {} },
    ])
  })

  it('carry the credentials of their user, a key, and what may refuse them', () => {
    const book = applicationLoad(marketplace).browse.filter(({ name }) => name === 'listings.book')
    const mix = {
      operations: book,
      documents: { listings: documents },
      popularity: { kind: 'uniform' },
    } as const
    const step = askFor(mix, (user) => ({ 'x-user': String(user) }), seededRandom(1)).next(7)
    expect(step.expects).toEqual(['dates-taken'])
    expect(step.call.method).toBe('POST')
    expect(step.call.path).toMatch(/^\/v1\/listings\/[ab]\/book$/)
    expect(step.call.headers).toMatchObject({ 'x-user': '7', 'idempotency-key': expect.any(String) })
    expect(JSON.parse(step.call.body ?? '')).toMatchObject({ guests: 1 })
  })
})
