import { problemBody, problemHeaders } from '@spillway/origin/contract'
import { expect, it } from 'vitest'
import { SharedProblem } from './shared-problem.ts'

const setUp = () => {
  let ids = 0
  const fields = new Headers({ 'x-content-type-options': 'nosniff' })
  const problem = new SharedProblem('overloaded', 'Too busy.', 2, fields)
  const answer = (nowMs: number) => problem.answer(nowMs, { next: () => `id-${++ids}` })
  return { problem, answer }
}

it('has the same content as any other problem', () => {
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

it('is shared for one second, then gets another id', () => {
  const { answer } = setUp()
  const first = answer(1_000)
  expect(first.given).toBe(1)
  expect(answer(1_999)).toBe(first)
  expect(first.given).toBe(2)
  expect(answer(2_000)).toMatchObject({ requestId: 'id-2', given: 1 })
  // A clock that was set back does not make it last.
  expect(answer(500).requestId).toBe('id-3')
})

it("has its owner's headers, and leaks them to no other problem", () => {
  const problem = new SharedProblem('overloaded', 'Too busy.', 2, new Headers({ vary: 'Origin' }))
  const { headers } = problem.answer(1_000, { next: () => 'id-1' }).head
  expect(headers.get('vary')).toBe('Origin')
  expect(headers.has('x-content-type-options')).toBe(false)
})
