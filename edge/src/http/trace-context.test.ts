import { describe, expect, it } from 'vitest'
import { continueTrace } from './trace-context.ts'

const trace = '4bf92f3577b34da6a3ce929d0e0e4736'
const parent = '00f067aa0ba902b7'
const uuids = (): (() => string) => {
  const list = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222']
  return () => list.shift() as string
}

describe('trace context', () => {
  it("continues a valid trace with its own parent id and the caller's state", () => {
    expect(continueTrace(`00-${trace}-${parent}-00`, 'vendor=1', uuids())).toEqual({
      traceparent: `00-${trace}-8111111111111111-00`,
      traceId: trace,
      tracestate: 'vendor=1',
    })
  })

  it('reads the known parts of a later version (§4.3)', () => {
    expect(continueTrace(`cc-${trace}-${parent}-01-more`, null, uuids()).traceId).toBe(trace)
  })

  it.each([
    ['nothing', null],
    ['an empty text', ''],
    ['upper case', `00-${trace.toUpperCase()}-${parent}-01`],
    ['an all-zero trace', `00-${'0'.repeat(32)}-${parent}-01`],
    ['an all-zero parent', `00-${trace}-${'0'.repeat(16)}-01`],
    ['version ff', `ff-${trace}-${parent}-01`],
    ['more parts than version 00 has', `00-${trace}-${parent}-01-more`],
    ['a short trace', `00-${trace.slice(1)}-${parent}-01`],
  ])('starts anew for %s and drops the state', (_name, traceparent) => {
    expect(continueTrace(traceparent, 'vendor=1', uuids())).toEqual({
      traceparent: '00-22222222222242228222222222222222-8111111111111111-01',
      traceId: '22222222222242228222222222222222',
      tracestate: undefined,
    })
  })

  it('drops a state longer than every vendor must propagate (§3.3.1.5)', () => {
    expect(
      continueTrace(`00-${trace}-${parent}-01`, `a=${'x'.repeat(511)}`, uuids()).tracestate,
    ).toBeUndefined()
  })
})
