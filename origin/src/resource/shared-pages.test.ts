import type { ListQuery } from '@spillway/origin/contract'
import { expect, it } from 'vitest'
import type { StoredDocument } from '../store/repository.ts'
import { type PageText, SharedPages } from './shared-pages.ts'

const documents: readonly StoredDocument[] = []
// The cast is safe: only the identity of a query is used.
const query = () => ({}) as ListQuery
const text = (body: string): PageText => ({ body, etag: `"${body}"`, cursor: undefined })

it('makes the text of one query once for all callers with the same documents', () => {
  const pages = new SharedPages()
  const asked = query()
  expect(pages.textOf(documents, asked, () => text('a')).body).toBe('a')
  expect(pages.textOf(documents, asked, () => text('b')).body).toBe('a')
})

it('makes another text for another query, and for other documents', () => {
  const pages = new SharedPages()
  const asked = query()
  pages.textOf(documents, asked, () => text('a'))
  expect(pages.textOf(documents, query(), () => text('b')).body).toBe('b')
  expect(pages.textOf([], asked, () => text('c')).body).toBe('c')
})
