import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { attributesOf, formatRuleAttributes, hiddenBy, ruleAttributesMax } from './attributes.ts'
import { residualOf, satisfies } from './residual.ts'
import { all, any, member, owner, role, signedIn, tenant, where } from './rule.ts'

const rule = any(
  where({ status: 'published', rank: 1 }),
  all(tenant('orgId', 'org'), any(owner('authorId'), member('readers'), role('editor'))),
)

describe('attributesOf', () => {
  it('names each field once that a rule compares', () => {
    expect(attributesOf(all(rule, owner('authorId')))).toEqual([
      'status',
      'rank',
      'orgId',
      'authorId',
      'readers',
    ])
    expect(attributesOf(any(signedIn, role('editor')))).toEqual([])
    expect(attributesOf(signedIn, { email: { read: owner('userId'), write: owner('other') } })).toEqual([
      'userId',
    ])
  })
})

describe('formatRuleAttributes', () => {
  it('holds the compared fields alone, in characters that a header may have', () => {
    const fields = { status: 'dr\u00e4ft \u{1f512}\x7f\n"', authorId: 'ann', title: 'Secret' }
    expect(formatRuleAttributes(['status', 'authorId', 'orgId'], fields)).toBe(
      '{"status":"dr\\u00e4ft \\ud83d\\udd12\\u007f\\n\\"","authorId":"ann"}',
    )
  })

  it('leaves out what no condition can compare', () => {
    const odd = { a: null, b: { c: 1 }, d: [1], e: Number.NaN, f: undefined, g: new Date(0) }
    expect(formatRuleAttributes([...Object.keys(odd), 'toString'], odd)).toBe('{}')
  })

  it('says which fields an answer lacks, where fields have rules', () => {
    const told = formatRuleAttributes(['a'], { a: 1 }, ['email', 'salary'])
    expect(told).toBe('{"a":1,"_hidden":["email","salary"]}')
    expect(hiddenBy(JSON.parse(told ?? ''))).toEqual(['email', 'salary'])
    expect([hiddenBy({ a: 1 }), hiddenBy({ _hidden: 'a' }), hiddenBy({ _hidden: [1] })]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })

  it('is none beyond the maximum', () => {
    const text = 'x'.repeat(ruleAttributesMax - '{"a":""}'.length)
    expect(formatRuleAttributes(['a'], { a: text })).toHaveLength(ruleAttributesMax)
    expect(formatRuleAttributes(['a'], { a: `${text}x` })).toBeUndefined()
  })

  it('decides every rule as the document does', () => {
    const text = fc.oneof(
      fc.constantFrom('published', 'ann', 'acme', '\u00e4\x7f', '\ud83d', '\n'),
      fc.string(),
    )
    const document = fc.record(
      {
        status: text,
        rank: fc.oneof(fc.constant(1), fc.double(), fc.constant(true)),
        orgId: text,
        authorId: text,
        readers: fc.array(text),
        other: text,
      },
      { requiredKeys: [] },
    )
    const principal = fc.record({
      subject: text,
      scopes: fc.constant([]),
      claims: fc.record({ org: fc.array(text), roles: fc.subarray(['editor']) }),
    })
    fc.assert(
      fc.property(document, fc.option(principal, { nil: undefined }), (fields, who) => {
        const header = formatRuleAttributes(attributesOf(rule), fields)
        const residual = residualOf(rule, who)
        return (
          header !== undefined &&
          /^[\x20-\x7e]*$/.test(header) &&
          satisfies(residual, JSON.parse(header)) === satisfies(residual, fields)
        )
      }),
    )
  })
})
