import { problemBody, problemHeaders } from '@spillway/origin/contract'
import { expect, it } from 'vitest'
import { CommonProblem } from './common-problem.ts'

const setUp = () => {
  let ids = 0
  const problem = new CommonProblem('overloaded', 'Too busy.', 2)
  const common = new Headers({ 'x-content-type-options': 'nosniff' })
  const answer = (nowMs: number, fields = common) =>
    problem.answer(fields, nowMs, { next: () => `id-${++ids}` })
  return { problem, answer }
}

it('says what any other problem would say', () => {
  const { problem, answer } = setUp()
  const { head, body, requestId } = answer(1_000)
  expect([head.status, requestId]).toEqual([503, 'id-1'])
  expect(JSON.parse(new TextDecoder().decode(body))).toEqual(problemBody(problem, 'id-1'))
  expect(Object.fromEntries(head.headers)).toEqual({
    ...problemHeaders(problem),
    'x-content-type-options': 'nosniff',
    'x-request-id': 'id-1',
  })
})

it('is the same for a second, and then one of another id', () => {
  const { answer } = setUp()
  const first = answer(1_000)
  expect(first.given).toBe(1)
  expect(answer(1_999)).toBe(first)
  expect(first.given).toBe(2)
  expect(answer(2_000)).toMatchObject({ requestId: 'id-2', given: 1 })
  // A clock that was set back does not make it last.
  expect(answer(500).requestId).toBe('id-3')
})

it('is written anew for other common fields', () => {
  const { answer } = setUp()
  answer(1_000)
  const { headers } = answer(1_000, new Headers({ vary: 'Origin' })).head
  expect(headers.get('vary')).toBe('Origin')
  expect(headers.has('x-content-type-options')).toBe(false)
})
