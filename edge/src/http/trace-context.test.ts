import { describe, expect, it } from 'vitest'
import { formatTraceparent, readTrace, spanIdOf, traceIdOf } from './trace-context.ts'

const trace = '4bf92f3577b34da6a3ce929d0e0e4736'
const caller = '00f067aa0ba902b7'
const fresh = '22222222222242228222222222222222'
const read = (traceparent: string | null, tracestate: string | null = null) =>
  readTrace(traceparent, tracestate, () => fresh)

describe('trace context', () => {
  it("continues a valid trace with the caller's flags and state", () => {
    expect(read(`00-${trace}-${caller}-00`, 'vendor=1')).toEqual({
      ...{ traceId: trace, callerSpanId: caller, flags: '00', tracestate: 'vendor=1' },
    })
  })

  it('reads the known parts of a later version (§4.3)', () => {
    expect(read(`cc-${trace}-${caller}-01-more`).traceId).toBe(trace)
  })

  it.each([
    ['nothing', null],
    ['an empty text', ''],
    ['upper case', `00-${trace.toUpperCase()}-${caller}-01`],
    ['an all-zero trace', `00-${'0'.repeat(32)}-${caller}-01`],
    ['an all-zero parent', `00-${trace}-${'0'.repeat(16)}-01`],
    ['version ff', `ff-${trace}-${caller}-01`],
    ['more parts than version 00 has', `00-${trace}-${caller}-01-more`],
    ['a short trace', `00-${trace.slice(1)}-${caller}-01`],
  ])('begins a trace for %s and drops the state', (_name, traceparent) => {
    expect(read(traceparent, 'vendor=1')).toEqual({
      ...{ traceId: fresh, callerSpanId: undefined, flags: '01', tracestate: undefined },
    })
  })

  it('drops a state longer than every vendor must propagate (§3.3.1.5)', () => {
    expect(read(`00-${trace}-${caller}-01`, `a=${'x'.repeat(511)}`).tracestate).toBeUndefined()
  })

  it('names its own span to the next hop', () => {
    const uuid = '11111111-1111-4111-8111-111111111111'
    expect(formatTraceparent(read(null), spanIdOf(uuid))).toBe(`00-${fresh}-8111111111111111-01`)
    expect(traceIdOf(uuid)).toBe('11111111111141118111111111111111')
  })
})
