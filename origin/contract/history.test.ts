import { Type } from 'typebox'
import { expect, it } from 'vitest'
import { owner, role, signedIn } from './access.ts'
import type { ResourceDefinition } from './definition.ts'
import { undeclaredSubjects } from './erasure.ts'
import { encodePlace, parseHistoryQuery } from './history-query.ts'
import { asStored, resource } from './resource.ts'

const place = { born: '2026-11-29T09:30:00.000Z', order: 12 }

it.each([
  ['', 20, undefined, 'limit=20'],
  ['?limit=5', 5, undefined, 'limit=5'],
  ['?limit=005', 5, undefined, 'limit=5'],
  [`?limit=3&cursor=${encodePlace(place)}`, 3, place, `cursor=${encodePlace(place)}&limit=3`],
])('parses %j', (search, limit, after, canonical) => {
  expect(parseHistoryQuery(search)).toEqual({ ok: true, value: { limit, after, canonical } })
})

const encoded = (text: string) => Buffer.from(text).toString('base64url')

it.each([
  ['?limit=0', 'invalid-query'],
  ['?limit=101', 'invalid-query'],
  ['?limit=', 'invalid-query'],
  ['?limit=1e1', 'invalid-query'],
  ['?sort=at', 'invalid-query'],
  ['?cursor=', 'invalid-cursor'],
  ['?cursor=%20', 'invalid-cursor'],
  [`?cursor=${encoded('["2026",1.5]')}`, 'invalid-cursor'],
  [`?cursor=${encoded('["2026", 1]')}`, 'invalid-cursor'],
  [`?cursor=${encoded('["/_changes",1]')}`, 'invalid-cursor'],
  [`?cursor=${encoded('["2026",007]')}`, 'invalid-cursor'],
  [`?cursor=${encodePlace(place)}A`, 'invalid-cursor'],
  [`?cursor=${'A'.repeat(3_000)}`, 'invalid-cursor'],
])('refuses %j', (search, code) => {
  expect(parseHistoryQuery(search)).toMatchObject({ ok: false, problem: { code } })
})

const schema = Type.Object({
  ownerId: Type.String({ maxLength: 64 }),
  guestId: Type.Optional(Type.String({ maxLength: 64 })),
  shortId: Type.Optional(Type.String({ maxLength: 8 })),
  text: Type.String(),
  count: Type.Integer(),
})
const define = (changes: object) =>
  resource('books', {
    description: 'Books.',
    schema,
    access: { read: signedIn, write: owner('ownerId') },
    indexes: [{ fields: { ownerId: 1 } }, { fields: { text: 1 }, unique: true }],
    versions: [asStored('v1', schema, { readOnly: ['ownerId'] })],
    ...changes,
    // The cast: some of the changes are mistakes.
  } as unknown as ResourceDefinition)
const messageOf = (changes: object): string => {
  try {
    define(changes)
    return 'accepted'
  } catch (error) {
    return (error as Error).message
  }
}
const history = { keep: '30d', read: role('auditor') }
const stored = { collection: 'Books', id: 'text' }

it.each([
  [{ history: { keep: '30d' } }, 'history.read is missing: add it'],
  [{ history: { ...history, keep: '1h' } }, "history.keep '1h' must be from 1d to 3650d"],
  [{ history: { ...history, read: { kind: 'never' } } }, 'history.read is never'],
  [{ history: { ...history, read: owner('text2') } }, "owner's by 'text2', which the schema does not have"],
  [{ history: { ...history, except: ['pages'] } }, "history.except names 'pages'"],
  [{ history: { ...history, value: true } }, "option 'history.value' is unknown: did you mean 'values'?"],
  [{ history, stored }, 'history is fed from the documents, and stored describes'],
  [{ erasure: { pages: 'delete' } }, "erasure.pages: the schema does not have 'pages'"],
  [{ erasure: { count: 'delete' } }, 'erasure.count: a field with subjects is a text'],
  [{ erasure: { ownerId: 'remove' } }, 'erasure.ownerId must be an object with set and remove'],
  [{ erasure: { shortId: {} } }, 'erasure.shortId gets a pseudonym of 39 characters: raise its maxLength'],
  [{ erasure: { ownerId: { remove: ['text'] } } }, "names 'text', which every document must have"],
  [{ erasure: { ownerId: { set: { title: '' } } } }, "names 'title', which the schema does not have"],
  [{ erasure: { ownerId: { set: { text: 'gone' } } } }, "sets 'text', which is unique"],
  [{ erasure: { ownerId: { set: { count: '0' } } } }, `set: "0" is not a value of 'count'`],
  [{ erasure: { ownerId: { set: { ownerId: 'x' } } } }, 'names itself'],
  [{ erasure: { ownerId: 'delete' }, stored }, 'others write these documents as well'],
])('refuses %j', (changes, mistake) => {
  expect(messageOf(changes)).toContain(mistake)
})

it('accepts a history and an erasure, and knows the fields with subjects', () => {
  const books = define({ history, erasure: { guestId: { remove: [] }, shortId: { keep: 'a law' } } })
  expect(books.history?.attributes).toEqual(['ownerId', 'guestId', 'shortId'])
  expect(undeclaredSubjects(books)).toEqual(['ownerId'])
  expect(undeclaredSubjects(define({ erasure: { ownerId: 'delete' } }))).toEqual([])
})
