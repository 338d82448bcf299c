import { asStored, FieldAccess, never, pick, resource, signedIn } from '@spillway/origin/contract'
import fc from 'fast-check'
import { Type } from 'typebox'
import { expect, it } from 'vitest'
import { document, fieldRules, principal, refusedFields } from '../../test/support/access-samples.ts'
import type { HistoryRecord } from '../store/history-log.ts'
import { shownRecord } from './shown-record.ts'

const fields = ['f', 'g', 'h', 'm']
const any = Type.Any()
const schema = Type.Object({ f: any, g: any, h: any, m: any })
const view = {
  version: 'v1' as const,
  resource: { history: { values: true } },
  representation: asStored('v1', schema),
}

/** The record of an update of these fields. */
const recordOf = (
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
  changed: readonly string[],
): HistoryRecord => ({
  ...{ _id: 'r/d/t/4', type: 'updated', version: 2, at: 't', changed, _expires: new Date(0) },
  ...{ before: pick(before, changed), after: pick(after, changed) },
  ...{ attributes: after, attributesBefore: before },
})

it('tells nobody a field, by name or value, that the rules deny now or denied before or after the write', () => {
  let hidden = 0
  let shown = 0
  fc.assert(
    fc.property(
      fieldRules,
      principal,
      fc.tuple(document, document, document),
      fc.subarray(fields),
      (rules, who, [before, after, last], changed) => {
        const access = new FieldAccess(rules)
        // The cast: nothing else of a view is used.
        const compiled = {
          view: view as never,
          hiddenFrom: (state: object, caller: typeof who) => access.hiddenFrom(caller, { ...state }),
        }
        const state = { fields: last, born: 't', document: { fields: last } as never }
        const told = shownRecord(compiled, recordOf(before, after, changed), state, who)
        const denied = new Set([before, after, last].flatMap((one) => refusedFields(rules, 'read', who, one)))
        const allowed = changed.filter((name) => !denied.has(name))
        expect(told.changed).toEqual(fields.filter((name) => allowed.includes(name)))
        expect(told.before).toEqual(pick(before, allowed))
        expect(told.after).toEqual(pick(after, allowed))
        hidden += changed.length - allowed.length
        shown += allowed.length
      },
    ),
    { numRuns: 20_000 },
  )
  expect(hidden).toBeGreaterThan(5_000)
  expect(shown).toBeGreaterThan(5_000)
})

it('shows the values of a version among the other fields of the document, and none where it cannot', () => {
  const stored = Type.Object({ first: Type.String(), last: Type.String() })
  const names = resource('names', {
    description: 'Names.',
    schema: stored,
    access: { read: signedIn, write: signedIn },
    history: { keep: '1d', read: signedIn, values: true },
    versions: [
      {
        version: 'v1',
        schema: Type.Object({ given: Type.String(), last: Type.String() }),
        fromStored: ({ first, last }) => ({ given: String(first).toUpperCase(), last: String(last).trim() }),
        toStored: ({ given, last }) => ({ first: given, last }),
        paths: { given: 'first' },
      },
    ],
  })
  expect(names.history?.read).not.toBe(never)
  const [version, representation] = [...names.versions][0] ?? []
  const compiled = { view: { version, representation, resource: names } as never, hiddenFrom: () => [] }
  const record: HistoryRecord = {
    ...{
      _id: 'names/d/t/4',
      type: 'updated',
      version: 2,
      at: 't',
      changed: ['first'],
      _expires: new Date(0),
    },
    ...{ before: { first: 'ann' }, after: { first: 'anna' } },
  }
  const last = { first: 'x', last: ' y ' }
  const shown = (state: object) =>
    shownRecord(
      compiled,
      record,
      { fields: { ...state }, born: 't', document: { fields: state } as never },
      undefined,
    )
  expect(shown(last)).toMatchObject({
    changed: ['given'],
    before: { given: 'ANN' },
    after: { given: 'ANNA' },
  })
  // A representation that takes no part of a document.
  const failing = {
    ...representation,
    fromStored: () => {
      throw new Error('no')
    },
  }
  const broken = { ...compiled, view: { ...(compiled.view as object), representation: failing } as never }
  expect(
    shownRecord(broken, record, { fields: {}, born: 't', document: { fields: {} } as never }, undefined),
  ).toMatchObject({ changed: ['given'], before: undefined, after: undefined })
})
