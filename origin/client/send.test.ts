import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiProblem, NoAnswer } from './problem.ts'
import { waits } from './retry.ts'
import { type Call, type ClientOptions, createSend } from './send.ts'

/** Answers in order; a string is a failed connection. */
type Planned = Response | string

const problem = (status: number, code: string, retryable: boolean, headers = {}): Response =>
  Response.json(
    { type: `/problems/${code}`, title: code, status, detail: 'D.', code, retryable },
    { status, headers },
  )
const done = (headers = {}): Response => Response.json({ id: '1' }, { headers })

function setUp(planned: readonly Planned[], options: Partial<ClientOptions> = {}) {
  const requests: Request[] = []
  const sentAt: number[] = []
  const answers = [...planned]
  const send = createSend({
    url: 'http://api.test/',
    token: 'secret',
    fetch: async (url, init) => {
      requests.push(new Request(url, init))
      sentAt.push(performance.now())
      const next = answers.shift() as Planned
      if (typeof next === 'string') throw new TypeError(next)
      return next
    },
    ...options,
  })
  /** Sends while the clock runs. */
  const sendAll = async (call: Partial<Call>) => {
    const settled = send({ method: 'GET', path: '/v1/x', options: undefined, ...call }).then(
      (value) => ({ value, error: undefined }),
      (error: unknown) => ({ value: undefined, error }),
    )
    await vi.advanceTimersByTimeAsync(100_000)
    return settled
  }
  return { requests, sentAt, sendAll }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('retries', () => {
  it.each([
    ['a read without an answer', {}, ['reset', done()], 2],
    ['a read of a full API', {}, [problem(503, 'overloaded', true), done()], 2],
    ['a write that did nothing', { method: 'PUT' }, [problem(503, 'database-unavailable', true), done()], 2],
    ['a create with its key', { method: 'POST', idempotencyKey: 'k' }, ['reset', done()], 2],
    [
      'a write of one version',
      { method: 'PATCH', ifMatch: '"1"' },
      [problem(503, 'outcome-unknown', true), done()],
      2,
    ],
  ] as const)('%s is repeated', async (_name, call, planned, count) => {
    const { requests, sendAll } = setUp(planned)
    const { value, error } = await sendAll(call)
    expect(error).toBeUndefined()
    expect(value?.body).toEqual({ id: '1' })
    expect(requests).toHaveLength(count)
  })

  it.each([
    ['a write of any version', { method: 'PATCH' }, 'reset'],
    ['a create without a key', { method: 'POST' }, 'reset'],
    ['a request that is wrong', {}, problem(422, 'validation-failed', false)],
  ] as const)('%s is not repeated', async (_name, call, planned) => {
    const { requests, sendAll } = setUp([planned, done()])
    expect((await sendAll(call)).error).toBeDefined()
    expect(requests).toHaveLength(1)
  })

  it('end after three attempts, and the last error is thrown', async () => {
    const { requests, sendAll } = setUp(['a', 'b', 'c', done()])
    const { error } = await sendAll({})
    expect(error).toBeInstanceOf(NoAnswer)
    expect((error as Error).cause).toEqual(new TypeError('c'))
    expect(requests).toHaveLength(3)
  })

  it('wait as long as the API asks', async () => {
    const { sentAt, sendAll } = setUp([problem(429, 'rate-limited', true, { 'retry-after': '7' }), done()])
    expect((await sendAll({})).error).toBeUndefined()
    const [first = 0, second = 0] = sentAt
    expect(second - first).toBeGreaterThanOrEqual(7_000)
    expect(second - first).toBeLessThanOrEqual(7_000 + waits.firstMs)
  })

  it('give up at once if the API asks to wait for longer than there is time', async () => {
    const { requests, sendAll } = setUp([problem(503, 'overloaded', true, { 'retry-after': '60' }), done()])
    const { error } = await sendAll({})
    expect(error).toMatchObject({ code: 'overloaded', retryAfterSeconds: 60 })
    expect(requests).toHaveLength(1)
  })

  it('take a tenth of the requests at most, once the first ten are spent', async () => {
    const { requests, sendAll } = setUp(Array(200).fill('down'))
    for (let call = 0; call < 40; call += 1) await sendAll({})
    // Each of the 40 requests, the 10 retries at hand, and a tenth of 40.
    expect(requests.length).toBeGreaterThanOrEqual(50)
    expect(requests.length).toBeLessThanOrEqual(54)
  })
})

describe('a write that may have happened', () => {
  it('is not said to have failed when the version has moved on since', async () => {
    const { sendAll } = setUp(['reset', problem(412, 'precondition-failed', false)])
    const { error } = await sendAll({ method: 'PATCH', ifMatch: '"1"', body: {} })
    expect(error).toMatchObject({ name: 'NoAnswer', mayHaveHappened: true })
  })

  it('a 412 at the first attempt is a conflict', async () => {
    const { sendAll } = setUp([problem(412, 'precondition-failed', false)])
    expect((await sendAll({ method: 'PATCH', ifMatch: '"1"' })).error).toMatchObject({
      name: 'ApiProblem',
      code: 'precondition-failed',
    })
  })

  it("an answer of a proxy in between is not taken for the API's", async () => {
    const { sendAll } = setUp([new Response('<html>', { status: 502 })])
    expect((await sendAll({ method: 'DELETE' })).error).toMatchObject({
      name: 'NoAnswer',
      mayHaveHappened: true,
    })
  })
})

describe('the token', () => {
  it('is asked for again once after a 401', async () => {
    const asked: boolean[] = []
    const { requests, sendAll } = setUp([problem(401, 'invalid-token', false), done()], {
      token: ({ expired }) => {
        asked.push(expired)
        return expired ? 'new' : 'old'
      },
    })
    expect((await sendAll({})).error).toBeUndefined()
    expect(asked).toEqual([false, true])
    expect(requests.map(({ headers }) => headers.get('authorization'))).toEqual(['Bearer old', 'Bearer new'])
  })

  it('a second 401 is thrown', async () => {
    const refused = () => problem(401, 'invalid-token', false)
    const { requests, sendAll } = setUp([refused(), refused(), done()], { token: () => 'old' })
    expect((await sendAll({})).error).toBeInstanceOf(ApiProblem)
    expect(requests).toHaveLength(2)
  })

  it('without one, no key is sent, and an uncertain create is not repeated', async () => {
    const { requests, sendAll } = setUp(['reset', done()], { token: () => undefined })
    expect((await sendAll({ method: 'POST', idempotencyKey: 'k' })).error).toBeInstanceOf(NoAnswer)
    expect(requests.map(({ headers }) => headers.get('idempotency-key'))).toEqual([null])
  })
})

describe('consistency tokens', () => {
  const header = 'spillway-consistency'

  it('the last one is sent, in place of those that it contains', async () => {
    const { requests, sendAll } = setUp([done({ [header]: 'a' }), done({ [header]: 'ab' }), done()])
    for (let call = 0; call < 3; call += 1) await sendAll({})
    expect(requests.map(({ headers }) => headers.get(header))).toEqual([null, 'a', 'ab'])
  })

  it('a refusal has one, too', async () => {
    const refused = problem(412, 'precondition-failed', false, { [header]: 'a' })
    const { requests, sendAll } = setUp([refused, done()])
    await sendAll({ method: 'PATCH' })
    await sendAll({})
    expect(requests[1]?.headers.get(header)).toBe('a')
  })
})

describe('the time limit', () => {
  const never = (_url: string, { signal }: RequestInit) =>
    new Promise<Response>((_resolve, reject) =>
      signal?.addEventListener('abort', () => reject(signal.reason)),
    )

  it('an abort ends a call with its own reason, even during a wait', async () => {
    const stop = new AbortController()
    const { sendAll } = setUp([], {
      fetch: async () => {
        setTimeout(() => stop.abort(new Error('left')), waits.longestMs)
        return problem(503, 'overloaded', true, { 'retry-after': '9' })
      },
    })
    expect((await sendAll({ options: { signal: stop.signal } })).error).toEqual(new Error('left'))
  })

  it('an abort ends an attempt', async () => {
    const stop = new AbortController()
    const { sendAll } = setUp([], { fetch: never })
    setTimeout(() => stop.abort(new Error('left')), 10)
    expect((await sendAll({ options: { signal: stop.signal } })).error).toEqual(new Error('left'))
  })
})
