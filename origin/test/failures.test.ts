import { connect } from 'node:net'
import { headers as names } from '@spillway/origin/contract'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { NotDoneReason, Repository } from '../src/store/repository.ts'
import { WriteRefusedError } from '../src/store/settle-writes.ts'
import { bound, startTestApp, type TestApp } from './support/app.ts'
import { assertionOf } from './support/assertions.ts'
import { alice, editor } from './support/client.ts'
import { advisory, trip } from './support/samples.ts'

/** Failure of the store, if set. */
let fate: (() => Promise<never>) | undefined
/** Methods that override those of the repository. */
let failing: Partial<Repository> = {}
let real: Repository
const over = (repository: Repository): Repository => {
  real = bound(repository)
  return Object.fromEntries(
    Object.entries(real).map(([name, method]) => [
      name,
      (...parts: never[]) =>
        fate?.() ??
        ((failing[name as keyof Repository] ?? method) as (...parts: never[]) => unknown)(...parts),
    ]),
  ) as unknown as Repository
}
const outcome = (value: unknown) => async () => value as never

let origin: TestApp
beforeAll(async () => {
  origin = await startTestApp({ over, limit: 4 })
})
afterAll(() => origin.stop())
beforeEach(() => {
  fate = undefined
  failing = {}
})

const requests = [
  ['GET', '/v2/advisories', undefined],
  ['GET', '/v2/advisories/1', undefined],
  ['POST', '/v2/advisories', advisory()],
  ['POST', '/v2/advisories/batch', { items: [advisory()] }],
  ['PUT', '/v2/advisories/1', advisory()],
  ['PATCH', '/v2/advisories/1', { title: 'x' }],
  ['DELETE', '/v2/advisories/1', undefined],
] as const

describe('a failure of the store', () => {
  const table: Record<NotDoneReason, readonly [status: number, code: string]> = {
    busy: [503, 'overloaded'],
    crowded: [503, 'overloaded'],
    unavailable: [503, 'database-unavailable'],
    deadline: [504, 'deadline-exceeded'],
    aborted: [504, 'deadline-exceeded'],
  }
  for (const [reason, [status, code]] of Object.entries(table)) {
    it(`${reason} is ${status} ${code} with Retry-After, for every operation`, async () => {
      fate = outcome({ kind: 'notDone', reason })
      for (const [method, path, body] of requests) {
        const answer = await origin.send(method, path, { as: editor, body })
        expect([method, answer.status, answer.json.code]).toEqual([method, status, code])
        expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(1)
        expect(answer.json.retryable).toBe(true)
        // Nothing was written, so nothing is purged.
        expect(answer.headers[names.purgeTag]).toBeUndefined()
      }
    })
  }

  it('an index that is not built yet is 503 index-unready, names it, and says that load is not the reason', async () => {
    fate = outcome({ kind: 'notDone', reason: 'indexUnready', index: 'advisories.code_1' })
    for (const [method, path, body] of requests) {
      const answer = await origin.send(method, path, { as: editor, body })
      expect([method, answer.status, answer.json.code]).toEqual([method, 503, 'index-unready'])
      expect(answer.json.detail).toContain("'advisories.code_1'")
      expect([answer.headers['retry-after'], answer.headers[names.ownFault]]).toEqual(['30', '1'])
      expect(answer.headers[names.purgeTag]).toBeUndefined()
    }
  })

  it('a write with an unknown outcome is outcome-unknown, and purges, because it may have happened', async () => {
    const { json } = await origin.send('POST', '/v2/trips', { as: alice, body: trip })
    fate = outcome({ kind: 'unknown' })
    const answer = await origin.send('POST', '/v2/trips', { as: alice, body: trip })
    expect([answer.status, answer.json.code]).toEqual([503, 'outcome-unknown'])
    expect(answer.headers[names.purgeTag]).toBe('trips:*:alice')
    expect(json.id).toEqual(expect.any(String))
  })
})

describe('a defect', () => {
  const secret = 'mongodb://user:swordfish@db-7.internal:27017/?replicaSet=rs0'
  const errors: Record<string, () => unknown> = {
    'an error of the driver': () =>
      Object.assign(new Error(`connection 3 to ${secret} closed`), {
        name: 'MongoServerError',
        code: 11_600,
      }),
    'an error with a status of its own': () => Object.assign(new Error(secret), { statusCode: 418 }),
    'an error that looks like the framework’s': () => Object.assign(new Error(secret), { code: 'FST_ERR_X' }),
    'what is no error': () => secret,
  }
  for (const [name, make] of Object.entries(errors)) {
    it(`${name} is 500, or outcome-unknown once a write was sent, and shows nothing but the request id`, async () => {
      fate = () => Promise.reject(make())
      for (const [method, path, body] of requests) {
        const answer = await origin.send(method, path, { as: editor, body })
        // A PUT, PATCH or DELETE fails at its read, before anything is written. A create may have happened.
        const told = method === 'POST' ? [503, 'outcome-unknown'] : [500, 'internal-error']
        expect([answer.status, answer.json.code]).toEqual(told)
        expect(answer.text + JSON.stringify(answer.headers)).not.toMatch(/swordfish|internal:|mongo|at \//i)
        expect(answer.json.requestId).toBe(answer.headers[names.requestId])
      }
    })
  }

  it('that proves that nothing was written is 500 for a write', async () => {
    fate = () => Promise.reject(new WriteRefusedError(121))
    const answer = await origin.send('POST', '/v2/advisories', { as: editor, body: advisory() })
    expect([answer.status, answer.json.code]).toEqual([500, 'internal-error'])
    expect(answer.headers[names.purgeTag]).toBeUndefined()
  })

  it('during a write is outcome-unknown, and purges all that it may have changed', async () => {
    const { headers } = await origin.send('POST', '/v2/trips', { as: alice, body: trip })
    const path = headers.location as string
    const tags = `trips:${path.split('/').at(-1)},trips:*:alice`
    failing = { replace: () => Promise.reject(new TypeError('bug')) }
    for (const [method, body] of [
      ['PUT', trip],
      ['PATCH', { title: 'x' }],
    ] as const) {
      origin.logged.length = 0
      const answer = await origin.send(method, path, { as: alice, body, headers: { 'if-match': '*' } })
      expect([answer.status, answer.json.code]).toEqual([503, 'outcome-unknown'])
      expect(answer.headers[names.purgeTag]).toBe(tags)
      expect(origin.logged.join('')).toContain('"message":"bug"')
    }
  })

  it('in one item of a batch does not affect the outcomes of other items', async () => {
    failing = {
      createBatch: async (...parts) => {
        const outcome = await real.createBatch(...parts)
        if (outcome.kind !== 'items') throw new Error(outcome.kind)
        const [first, ...others] = outcome.outcomes
        const refused = { kind: 'failed', error: new WriteRefusedError(121) } as const
        const doubtful = { kind: 'failed', error: new TypeError('bug') } as const
        return { kind: 'items', outcomes: [first as never, refused, doubtful, ...others.slice(2)] }
      },
    }
    const items = Array.from({ length: 4 }, () => advisory())
    const answer = await origin.send('POST', '/v2/advisories/batch', { as: editor, body: { items } })
    expect(answer.status).toBe(200)
    const told = answer.json.items.map((item: { status: number; problem?: { code: string } }) => [
      item.status,
      item.problem?.code,
    ])
    expect(told).toEqual([
      [201, undefined],
      [500, 'internal-error'],
      [503, 'outcome-unknown'],
      [201, undefined],
    ])
    // The edge purges once more, after the time in which the write must have happened.
    expect(answer.headers[names.unsettled]).toBe('1')
  })

  it('is not marked as unsettled for a batch whose outcomes are all certain', async () => {
    failing = {
      createBatch: async () => ({
        kind: 'items',
        outcomes: [
          { kind: 'notDone', reason: 'busy' },
          { kind: 'failed', error: new WriteRefusedError(121) },
        ],
      }),
    }
    const items = [advisory(), advisory()]
    const answer = await origin.send('POST', '/v2/advisories/batch', { as: editor, body: { items } })
    expect([answer.status, answer.headers[names.unsettled]]).toEqual([200, undefined])
  })

  it('with the code of a socket error is 500, not 400', async () => {
    for (const code of ['ECONNRESET', 'EPIPE', 'ETIMEDOUT']) {
      fate = () => Promise.reject(Object.assign(new Error('write'), { code, statusCode: 400 }))
      const answer = await origin.send('GET', '/v2/advisories/1', { as: editor })
      expect([code, answer.status, answer.json.code]).toEqual([code, 500, 'internal-error'])
    }
  })

  it('is logged with the id, the trace and the route, and without a header, query or body', async () => {
    fate = () => Promise.reject(new Error('broken'))
    origin.logged.length = 0
    const answer = await origin.send('POST', '/v2/advisories?', {
      as: editor,
      body: advisory({ title: 'confidential' }),
      headers: {
        authorization: 'Bearer hidden',
        cookie: 'session=hidden',
        traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      },
    })
    const line = JSON.parse(origin.logged.find((text) => text.includes('failed')) as string)
    expect(line).toMatchObject({
      requestId: answer.headers[names.requestId],
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      route: '/v2/advisories',
      method: 'POST',
      err: { message: 'broken' },
    })
    expect(origin.logged.join('')).not.toMatch(/hidden|confidential/)
  })
})

describe('admission', () => {
  const hold = () => {
    const { promise, resolve } = Promise.withResolvers<never>()
    fate = () => promise
    return () => {
      fate = undefined
      resolve({ kind: 'notFound' } as never)
    }
  }
  const until = async (reached: () => boolean) => {
    while (!reached()) await new Promise((resolve) => setTimeout(resolve, 2))
  }
  const inflight = () => origin.admission.snapshot(performance.now()).inflight

  it('sheds a request beyond the limit before its body is read, and serves again when there is room', async () => {
    const release = hold()
    const held = Array.from({ length: 4 }, () =>
      origin.send('GET', '/v2/trips/1', { as: alice, headers: { [names.priority]: 'critical' } }),
    )
    await until(() => inflight() === 4)
    // An invalid body, which is not read.
    const shed = await origin.send('POST', '/v2/trips', { as: alice, body: '{{{' })
    expect([shed.status, shed.json.code]).toEqual([503, 'overloaded'])
    expect(Number(shed.headers['retry-after'])).toBeGreaterThanOrEqual(1)
    expect((await origin.send('GET', '/livez')).status).toBe(200)
    expect((await origin.send('GET', '/readyz')).status).toBe(200)
    release()
    expect((await Promise.all(held)).map(({ status }) => status)).toEqual([404, 404, 404, 404])
    await until(() => inflight() === 0)
    expect((await origin.send('POST', '/v2/trips', { as: alice, body: trip })).status).toBe(201)
  })

  it('keeps room for critical requests', async () => {
    const release = hold()
    const background = { [names.priority]: 'background' }
    const first = Array.from({ length: 2 }, () =>
      origin.send('GET', '/v2/trips/1', { as: alice, headers: background }),
    )
    await until(() => inflight() === 2)
    expect((await origin.send('GET', '/v2/trips/1', { as: alice, headers: background })).status).toBe(503)
    const critical = origin.send('GET', '/v2/trips/1', {
      as: alice,
      headers: { [names.priority]: 'critical' },
    })
    await until(() => inflight() === 3)
    release()
    expect((await critical).status).toBe(404)
    await Promise.all(first)
  })

  it('does not start a request without time left', async () => {
    const answer = await origin.send('GET', '/v2/trips', { as: alice, headers: { [names.timeoutMs]: '0' } })
    expect([answer.status, answer.json.code]).toEqual([503, 'overloaded'])
  })

  it('passes the edge’s deadline to the store', async () => {
    const seen: number[] = []
    const watched = await startTestApp({
      listTimeoutMs: 800,
      over: (repository) => ({
        ...bound(repository),
        read: (resource, id, call) => {
          seen.push(call.deadline - performance.now())
          return repository.read(resource, id, call)
        },
        list: (resource, query, owner, call) => {
          seen.push(call.deadline - performance.now())
          return repository.list(resource, query, owner, call)
        },
      }),
    })
    await watched.send('GET', '/v2/trips/1', { as: alice, headers: { [names.timeoutMs]: '5000' } })
    await watched.send('GET', '/v2/trips/1', { as: alice, headers: { [names.timeoutMs]: 'soon' } })
    await watched.send('GET', '/v2/trips', { as: alice, headers: { [names.timeoutMs]: '5000' } })
    await watched.stop()
    const [given, fallback, list] = seen as [number, number, number]
    // More than the time of a request that states none.
    expect(given).toBeGreaterThan(1_000)
    expect(given).toBeLessThanOrEqual(5_000)
    expect(fallback).toBeLessThanOrEqual(1_000)
    // A list has a time limit of its own, however late the caller's deadline is.
    expect(list).toBeLessThanOrEqual(800)
  })

  it('frees the slot of a caller who leaves, at every stage', async () => {
    const assertion = await assertionOf(alice)
    const leave = (text: string) =>
      new Promise<void>((resolve) => {
        const socket = connect(origin.port, '127.0.0.1', () => {
          socket.write(`${text}\r\nhost: a\r\n${names.assertion}: ${assertion}\r\n`)
          socket.write('content-type: application/json\r\ncontent-length: 50\r\n\r\n{"title":')
        })
        void until(() => inflight() > 0).then(() => {
          socket.destroy()
          resolve()
        })
      })
    // in the middle of its body
    await leave('POST /v2/trips HTTP/1.1')
    await until(() => inflight() === 0)
    // while the store works
    const release = hold()
    await leave('GET /v2/trips/1 HTTP/1.1')
    release()
    await until(() => inflight() === 0)
  })

  it('frees the slot of a caller whose body does not arrive', async () => {
    const patient = await startTestApp({ limit: 1, arrivalTimeoutMs: 300 })
    const held = () => patient.admission.snapshot(performance.now()).inflight
    const assertion = await assertionOf(alice)
    const socket = connect(patient.port, '127.0.0.1')
    const closed = new Promise((resolve) =>
      socket
        .on('close', resolve)
        .on('error', () => {})
        .resume(),
    )
    socket.write(`POST /v2/trips HTTP/1.1\r\nhost: a\r\n${names.assertion}: ${assertion}\r\n`)
    socket.write('content-type: application/json\r\ncontent-length: 50\r\n\r\n{"title":')
    await until(() => held() === 1)
    await closed
    await until(() => held() === 0)
    await patient.stop()
  })

  it('does not answer a malformed pipelined request before the write in progress', async () => {
    const release = hold()
    const assertion = await assertionOf(alice)
    const socket = connect(origin.port, '127.0.0.1')
    let received = ''
    const closed = new Promise((resolve) => socket.on('close', resolve).on('error', () => {}))
    socket.on('data', (chunk) => {
      received += chunk
    })
    const body = JSON.stringify(trip)
    socket.write(`POST /v2/trips HTTP/1.1\r\nhost: a\r\n${names.assertion}: ${assertion}\r\n`)
    socket.write(`content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
    await until(() => inflight() === 1)
    socket.write('nonsense\r\n\r\n')
    await closed
    // A 400 here would be taken for the answer to the POST, which may still be done.
    expect(received).toBe('')
    release()
    await until(() => inflight() === 0)
  })

  it('drops a caller who leaves the queue, with its body', async () => {
    const crowded = await startTestApp({ over, limit: 1, waiting: 8 })
    const state = () => crowded.admission.snapshot(performance.now())
    const release = hold()
    const first = crowded.send('GET', '/v2/trips/1', { as: alice })
    await until(() => state().inflight === 1)
    const assertion = await assertionOf(alice)
    const socket = connect(crowded.port, '127.0.0.1')
    socket.write(`POST /v2/trips HTTP/1.1\r\nhost: a\r\n${names.assertion}: ${assertion}\r\n`)
    socket.write(`content-type: application/json\r\ncontent-length: 2\r\n\r\n{}`)
    await until(() => state().waiting === 1)
    socket.destroy()
    await until(() => {
      crowded.admission.tick(performance.now())
      return state().abandoned === 1
    })
    release()
    await first
    expect(state()).toMatchObject({ inflight: 0, waiting: 0, abandoned: 1 })
    await crowded.stop()
  })
})
