import { type Static, Type } from 'typebox'
import { describe, expectTypeOf, it } from 'vitest'
import {
  action,
  anyone,
  asStored,
  defineApplication,
  query,
  resource,
  scope,
  signedIn,
} from '../contract/index.ts'
import { connect, type Kept } from './index.ts'

const stored = Type.Object({
  title: Type.String(),
  pages: Type.Integer(),
  subtitle: Type.Optional(Type.String()),
  size: Type.Object({ width: Type.Number(), height: Type.Number() }),
  ownerId: Type.String(),
})
const books = resource('books', {
  description: 'Books.',
  schema: stored,
  access: { read: anyone, write: scope('books:write') },
  set: { ownerId: ({ ownerId }) => ownerId ?? 'library' },
  versions: [
    asStored('v1', Type.Object({ title: Type.String() })),
    asStored('v2', stored, { readOnly: ['ownerId'] }),
  ],
})
const notes = resource('notes', {
  description: 'Notes.',
  schema: Type.Object({ text: Type.String() }),
  access: { read: anyone, write: signedIn },
  versions: [asStored('v2', Type.Object({ text: Type.String() }))],
})
const shelf = Type.Object({
  name: Type.String(),
  books: Type.Integer(),
  labels: Type.Optional(Type.String()),
})
const shelves = resource('shelves', {
  description: 'Shelves.',
  schema: shelf,
  access: { read: anyone, write: signedIn },
  set: { books: ({ books }) => books ?? 0 },
  versions: [asStored('v2', shelf)],
})
const lend = action('lend', {
  description: 'Lends a book.',
  on: books,
  access: signedIn,
  input: Type.Object({ days: Type.Integer() }),
})
const merge = action('merge', {
  description: 'Merges books.',
  on: books,
  target: 'collection',
  access: signedIn,
  input: Type.Object({ ids: Type.Array(Type.String()) }),
  output: Type.Object({ merged: Type.Integer() }),
})
const annotate = action('annotate', {
  description: 'Writes a note on a book.',
  on: books,
  access: signedIn,
  output: notes,
  versions: ['v2'],
})
const longest = query('longest', {
  description: 'The longest books.',
  on: books,
  access: anyone,
  parameters: Type.Object({ count: Type.Integer() }),
  output: Type.Object({ titles: Type.Array(Type.String()) }),
})
const application = defineApplication({
  name: 'library',
  title: 'Library',
  summary: 'Books.',
  resources: [books, notes, shelves],
  actions: [lend, merge, annotate],
  queries: [longest],
})

interface System {
  readonly id: string
  readonly createdAt: string
  readonly updatedAt: string
}
type Book = Static<typeof stored> & System

// Never called: its types are the test.
const client = () => connect<typeof application>({ url: '' })

describe('types of a client', () => {
  it('versions have the resources that they show', () => {
    type Versions = ReturnType<typeof client>
    expectTypeOf<keyof Versions>().toEqualTypeOf<'v1' | 'v2'>()
    expectTypeOf<keyof Versions['v1']>().toEqualTypeOf<'books'>()
    expectTypeOf<keyof Versions['v2']>().toEqualTypeOf<'books' | 'notes' | 'shelves'>()
  })

  it('a read has exactly the fields that the version shows', () => {
    const read = () => client().v2.books.read('1')
    type Document = Awaited<ReturnType<typeof read>>['document']
    expectTypeOf<Document['title']>().toEqualTypeOf<string>()
    expectTypeOf<Document['subtitle']>().toEqualTypeOf<string | undefined>()
    expectTypeOf<Document['size']['width']>().toEqualTypeOf<number>()
    expectTypeOf<Document['ownerId']>().toEqualTypeOf<string>()
    expectTypeOf<Document['createdAt']>().toEqualTypeOf<string>()
    const old = () => client().v1.books.read('1')
    type Old = Awaited<ReturnType<typeof old>>['document']
    expectTypeOf<Old['title']>().toEqualTypeOf<string>()
    // @ts-expect-error: version 1 does not show it.
    expectTypeOf<Old['pages']>()
  })

  it('named fields narrow a document', () => {
    const read = () => client().v2.books.read('1', { fields: ['title'] })
    type Document = Awaited<ReturnType<typeof read>>['document']
    expectTypeOf<keyof Document>().toEqualTypeOf<'id' | 'title' | 'expanded'>()
    // @ts-expect-error: no such field.
    const wrong = () => client().v2.books.read('1', { fields: ['colour'] })
    expectTypeOf(wrong).toBeFunction()
  })

  it('bodies have no system fields, and none that is read only', () => {
    type Body = Parameters<ReturnType<typeof client>['v2']['books']['create']>[0]
    expectTypeOf<keyof Body>().toEqualTypeOf<'title' | 'pages' | 'subtitle' | 'size'>()
    const patch = () => client().v2.books.patch('1', { subtitle: null, size: { width: 3 } })
    expectTypeOf(patch).returns.resolves.toExtend<Kept<Book>>()
    // @ts-expect-error: a required field cannot be removed.
    const wrong = () => client().v2.books.patch('1', { title: null })
    expectTypeOf(wrong).toBeFunction()
  })

  it('bodies need no field that set computes', () => {
    type Body = Parameters<ReturnType<typeof client>['v2']['shelves']['create']>[0]
    expectTypeOf<Body>().toExtend<{ name: string; books?: number; labels?: string }>()
    expectTypeOf<{ name: string }>().toExtend<Body>()
    // @ts-expect-error: set does not compute it.
    expectTypeOf<{ books: number }>().toExtend<Body>()
    const read = () => client().v2.shelves.read('1')
    type Document = Awaited<ReturnType<typeof read>>['document']
    expectTypeOf<Document['books']>().toEqualTypeOf<number>()
  })

  it('actions and queries have their own arguments and answers', () => {
    const lent = () => client().v2.books.action('lend', '1', { days: 3 })
    expectTypeOf(lent).returns.resolves.toExtend<Kept<Book> | undefined>()
    const merged = () => client().v2.books.action('merge', { ids: ['1'] })
    expectTypeOf(merged).returns.resolves.toEqualTypeOf<{ merged: number }>()
    const annotated = () => client().v2.books.action('annotate', '1')
    expectTypeOf(annotated).returns.resolves.toExtend<Kept<System & { text: string }> | undefined>()
    expectTypeOf(annotated).returns.resolves.not.toExtend<Kept<Book> | undefined>()
    const asked = () => client().v2.books.query('longest', { count: 3 })
    expectTypeOf(asked).returns.resolves.toEqualTypeOf<{ titles: string[] }>()
    // @ts-expect-error: an action of books.
    const wrong = () => client().v2.notes.action('lend', '1', { days: 3 })
    // @ts-expect-error: the input is not that of the action.
    const bad = () => client().v2.books.action('lend', '1', { weeks: 3 })
    expectTypeOf([wrong, bad]).toBeArray()
  })
})
