import { problemBody, problemHeaders } from '@spillway/origin/contract'
import { expect, it } from 'vitest'
import { CommonProblem } from './common-problem.ts'

const problem = new CommonProblem('overloaded', 'Too busy.', 2)
const requestId = '3f1e1f3c-0b0a-4a57-9f0a-0d7c5e2c9f11'

it('says what any other problem would say', () => {
  const { head, texts } = problem.written(new Headers({ 'x-content-type-options': 'nosniff' }))
  expect(head.status).toBe(503)
  expect(JSON.parse(texts.join(requestId))).toEqual(problemBody(problem, requestId))
  expect(Object.fromEntries(head.headers)).toEqual({
    ...problemHeaders(problem),
    'x-content-type-options': 'nosniff',
  })
})

it('is written down once for the same common fields', () => {
  const common = new Headers()
  expect(problem.written(common)).toBe(problem.written(common))
  expect(problem.written(new Headers({ vary: 'Origin' })).head.headers.get('vary')).toBe('Origin')
})
