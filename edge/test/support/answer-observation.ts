import type { AnswerObservation } from '../../src/observe/observation.ts'

/** A hit, as the stages observe it, with changes. */
export const observedAnswer = (change: Partial<AnswerObservation> = {}): AnswerObservation => ({
  kind: 'answer',
  requestId: '3f1e1f3c-0b0a-4a57-9f0a-0d7c5e2c9f11',
  method: 'GET',
  pattern: '/v2/places/:id',
  status: 200,
  reason: undefined,
  cache: 'Spillway; hit; ttl=3',
  durationMs: 1,
  originMs: undefined,
  ...change,
})
