import { describe, expect, it } from 'vitest'
import { acceptsJson } from './accept.ts'

/** RFC 9110 §12.5.1 and §12.4.2. */
describe('application/json is acceptable for', () => {
  const table: readonly (readonly [string | null | undefined, boolean])[] = [
    [undefined, true],
    [null, true],
    ['', true],
    ['*/*', true],
    ['application/json', true],
    ['Application/JSON', true],
    ['application/*', true],
    ['application/json; charset=utf-8', true],
    ['application/json;charset="utf-8"', true],
    ['text/html, application/xhtml+xml, */*;q=0.8', true],
    ['application/json;q=0.001', true],
    ['application/json ; q=1.000', true],
    ['text/html', false],
    ['text/html, image/*', false],
    ['application/json;q=0', false],
    ['application/json;q=0.000, text/html', false],
    // the most specific range decides, whatever the order
    ['*/*, application/json;q=0', false],
    ['application/json;q=0, application/*;q=1', false],
    ['application/*;q=0, application/json', true],
    ['*/*;q=0', false],
    ['*/*;q=0, application/json;q=0.1', true],
    ['application/xml, application/*;q=0', false],
    // another dialect of JSON is not what we send
    ['application/json;version=2', false],
    ['application/json;odata=verbose', false],
    ['application/json;odata=verbose, */*;q=0.1', true],
    ['application/problem+json', false],
    ['APPLICATION/JSON;q=0.1', true],
    ['application/json;q=0.001, */*;q=0', true],
    ['text/html, application/json;q=0', false],
    ['application/vnd.api+json', false],
    ['text/html;x="a, application/json", image/png', false],
    ['text/html;x="a\\", application/json", image/png', false],
    ['text/html;x="a\\\\", application/json', true],
    ['text/html;x="a, application/json', false],
    ['application/json;charset="utf-8";q=0', false],
    ['json', false],
  ]
  for (const [accept, acceptable] of table) {
    it(`${JSON.stringify(accept)}: ${acceptable}`, () => expect(acceptsJson(accept)).toBe(acceptable))
  }

  // Would take the better part of an hour if each quote were tried as the start of a string.
  it('a text full of quotes that never close: true', () => {
    const accept = `application/json,"${'\\"'.repeat(1_000_000)}`
    expect(acceptsJson(accept)).toBe(true)
  })
})
