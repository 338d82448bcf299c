import { on, schedule } from '@spillway/origin/server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { noServerCode } from '../src/server-code.ts'
import { application, boards, posts } from '../test/fixture/boards.ts'
import { startTestApi, type TestApi } from './index.ts'

/** Counts the posts of a board, one after the other; with a board that does not exist it fails. */
const count = on(
  posts,
  { name: 'count', types: ['created'], attempts: 3, concurrency: 1 },
  async ({ documentId }, { store }) => {
    const post = await store.get(posts, documentId)
    if (post === undefined) return
    if ((await store.get(boards, post.boardId)) === undefined) throw new Error('there is no such board')
    await store.increment(boards, post.boardId, { posts: 1 })
  },
)
const dues: string[] = []
const nightly = schedule('0 3 * * *', 'nightly', async ({ due, transact }) => {
  dues.push(due)
  await transact(async (store) => {
    for (const { id } of await store.list(boards, { filter: { color: 'white' }, limit: 50 }))
      await store.update(boards, id, { color: 'red' })
  })
})
const broken = schedule('0 4 * * *', 'broken', () => {
  throw new Error('no')
})

let api: TestApi<typeof application>
beforeAll(async () => {
  const server = { ...noServerCode, handlers: [count], schedules: [nightly, broken] }
  api = await startTestApi({ application, server, startsAt: '2027-01-01T00:00:00Z' })
})
afterAll(() => api?.stop())
const ann = () => api.as({ subject: 'ann' }).v1

describe('work in the background', () => {
  it('of handlers is done when it has settled, and purges what it writes', async () => {
    const board = await api.insert(boards, { posts: 0, color: 'blue' })
    for (let made = 0; made < 20; made += 1) await ann().posts.create({ boardId: board.id })
    api.purged.length = 0
    expect(await api.settled()).toEqual([])
    expect((await ann().boards.read(board.id)).document.posts).toBe(20)
    expect(api.purged).toContain(`boards:${board.id}`)
    expect(await api.settled()).toEqual([])
  })

  it('tells failures, and tries again when the clock has moved', async () => {
    const missing = 'b0a7d000-0000-4000-8000-000000000000'
    await ann().posts.create({ boardId: missing })
    const failure = { name: 'count', reason: 'Error: there is no such board', isGivenUp: false }
    expect(await api.settled()).toEqual([{ ...failure, attempt: 1 }])
    expect(await api.settled()).toEqual([])
    api.clock.advance('1m')
    expect(await api.settled()).toEqual([{ ...failure, attempt: 2 }])
    api.clock.advance('1m')
    expect(await api.settled()).toEqual([{ ...failure, attempt: 3, isGivenUp: true }])
  })

  it('of jobs is done at the times that the clock has passed, the latest alone', async () => {
    const board = await api.insert(boards, { posts: 0, color: 'white' })
    await api.settled()
    expect(dues).toEqual([])
    api.clock.advance('3h')
    expect(await api.settled()).toEqual([])
    expect(dues).toEqual(['2027-01-01T03:00:00.000Z'])
    expect((await ann().boards.read(board.id)).document.color).toBe('red')
    api.clock.advance('2d')
    const failed = await api.settled()
    expect(dues).toEqual(['2027-01-01T03:00:00.000Z', '2027-01-03T03:00:00.000Z'])
    expect(failed.map(({ name, attempt, isGivenUp }) => [name, attempt, isGivenUp])).toEqual([
      ['broken', 1, false],
      ['broken', 2, false],
      ['broken', 3, true],
    ])
  })
})

it('an application without any has nothing to wait for', async () => {
  await using quiet = await startTestApi({ application })
  expect(await quiet.settled()).toEqual([])
})
