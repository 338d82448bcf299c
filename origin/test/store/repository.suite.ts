import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RecordsOptions } from '../../src/store/records.ts'
import type { CreationKey, Repository, StoredDocument } from '../../src/store/repository.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { advisories, advisory, inTime, listQuery, ownedBy, place, places, trip, trips } from './documents.ts'

/** Tests that every repository must pass, whether or not it batches. */
export function repositorySuite(name: string, lanes: RecordsOptions): void {
  describe(`repository, ${name}`, () => {
    let database: TestDatabase
    let repository: Repository
    let now = Date.parse('2026-11-24T12:00:00.000Z')
    let codes = 0
    const newCode = () => {
      codes += 1
      return `FR-2026-${codes}`
    }
    const key = (request: string, more: Partial<CreationKey> = {}): CreationKey => ({
      subject: 'alice',
      version: 'v2',
      key: randomUUID(),
      request,
      ...more,
    })
    const create = async (
      fields = advisory(newCode()),
      creationKey?: CreationKey,
    ): Promise<StoredDocument> => {
      const outcome = await repository.create(advisories, { fields }, creationKey, inTime())
      if (outcome.kind !== 'created') throw new Error(outcome.kind)
      return outcome.document
    }

    beforeAll(async () => {
      database = await openTestDatabase()
      repository = database.repository({ lanes, clock: () => now }).repository
    })
    afterAll(() => database.drop())

    it('reads its own writes', async () => {
      const fields = advisory(newCode())
      const document = await create(fields)
      expect(document).toMatchObject({ version: 1, fields, createdAt: new Date(now).toISOString() })
      expect(await repository.read(advisories, document.id, inTime())).toEqual({ kind: 'found', document })
      expect(await repository.read(advisories, 'nothing-here', inTime())).toEqual({ kind: 'notFound' })
    })

    it('increments versions, and replaces only the version that was read', async () => {
      const first = await create()
      const second = await repository.replace(advisories, first, { ...first.fields, title: 'Thaw' }, inTime())
      expect(second).toMatchObject({ kind: 'replaced', document: { version: 2, fields: { title: 'Thaw' } } })
      expect(await repository.replace(advisories, first, first.fields, inTime())).toEqual({
        kind: 'versionConflict',
      })
      expect(await repository.delete(advisories, first, inTime())).toEqual({ kind: 'versionConflict' })
    })

    it('a deleted document is absent from reads and lists, and cannot be written', async () => {
      const document = await create()
      expect(await repository.delete(advisories, document, inTime())).toEqual({ kind: 'deleted' })
      expect(await repository.read(advisories, document.id, inTime())).toEqual({ kind: 'notFound' })
      const search = `code=${document.fields.code}`
      expect(await repository.list(advisories, listQuery(advisories, search), undefined, inTime())).toEqual({
        kind: 'page',
        documents: [],
        more: false,
      })
      expect(await repository.delete(advisories, document, inTime())).toEqual({ kind: 'notFound' })
      expect(await repository.replace(advisories, document, document.fields, inTime())).toEqual({
        kind: 'notFound',
      })
    })

    it('names the fields of a unique conflict, and frees the value when its document is deleted', async () => {
      const code = newCode()
      const document = await create(advisory(code))
      const again = () => repository.create(advisories, { fields: advisory(code) }, undefined, inTime())
      expect(await again()).toEqual({ kind: 'uniqueConflict', fields: ['code'] })
      const other = await create()
      expect(await repository.replace(advisories, other, advisory(code), inTime())).toEqual({
        kind: 'uniqueConflict',
        fields: ['code'],
      })
      await repository.delete(advisories, document, inTime())
      expect(await again()).toMatchObject({ kind: 'created' })
    })

    it('exactly one of many writers with the same version succeeds', async () => {
      const document = await create()
      const other = database.repository({ lanes }).repository
      const outcomes = await Promise.all(
        Array.from({ length: 40 }, (_, writer) =>
          writer % 8 === 0
            ? repository.delete(advisories, document, inTime())
            : (writer % 2 === 0 ? repository : other).replace(
                advisories,
                document,
                { ...document.fields, title: `by ${writer}` },
                inTime(),
              ),
        ),
      )
      const winners = outcomes.filter(({ kind }) => kind === 'replaced' || kind === 'deleted')
      expect(winners).toHaveLength(1)
      for (const { kind } of outcomes) {
        expect(['replaced', 'deleted', 'versionConflict', 'notFound']).toContain(kind)
      }
    })

    it('a conflict of one item does not fail the others of its batch', async () => {
      const taken = newCode()
      await create(advisory(taken))
      const outcomes = await Promise.all(
        [newCode(), taken, newCode(), taken, newCode()].map((code) =>
          repository.create(advisories, { fields: advisory(code) }, undefined, inTime()),
        ),
      )
      expect(outcomes.map(({ kind }) => kind)).toEqual([
        'created',
        'uniqueConflict',
        'created',
        'uniqueConflict',
        'created',
      ])
    })

    it('an item that cannot be stored does not fail the others of its batch', async () => {
      const poison = { ...advisory(newCode()), nested: { 'a\0b': 1 } }
      const outcomes = await Promise.allSettled(
        [advisory(newCode()), poison, advisory(newCode()), advisory(newCode())].map((fields) =>
          repository.create(advisories, { fields }, undefined, inTime()),
        ),
      )
      expect(outcomes.map(({ status }) => status)).toEqual([
        'fulfilled',
        'rejected',
        'fulfilled',
        'fulfilled',
      ])
    })

    describe('with an Idempotency-Key', () => {
      it('a repeated create gets the first answer', async () => {
        const creation = key('a')
        const document = await create(advisory(newCode()), creation)
        expect(await repository.create(advisories, { fields: advisory('x') }, creation, inTime())).toEqual({
          kind: 'replayed',
          document,
        })
      })

      it('is replayed as first answered after changes and after deletion', async () => {
        const creation = key('a')
        const first = await create(advisory(newCode(), 'first'), creation)
        const second = await repository.replace(
          advisories,
          first,
          { ...first.fields, title: 'second' },
          inTime(),
        )
        if (second.kind !== 'replaced') throw new Error(second.kind)
        const third = await repository.replace(advisories, second.document, first.fields, inTime())
        if (third.kind !== 'replaced') throw new Error(third.kind)
        const again = () => repository.create(advisories, { fields: advisory('x') }, creation, inTime())
        expect(await again()).toMatchObject({
          kind: 'replayed',
          document: { id: first.id, version: 1, updatedAt: first.createdAt, fields: { title: 'first' } },
        })
        await repository.delete(advisories, third.document, inTime())
        expect(await again()).toMatchObject({ kind: 'replayed', document: { fields: { title: 'first' } } })
        expect(await repository.read(advisories, first.id, inTime())).toEqual({ kind: 'notFound' })
      })

      it('is replayed from a document that was deleted unchanged', async () => {
        const creation = key('a')
        const first = await create(advisory(newCode(), 'first'), creation)
        await repository.delete(advisories, first, inTime())
        expect(await repository.create(advisories, { fields: {} }, creation, inTime())).toMatchObject({
          kind: 'replayed',
          document: { fields: { title: 'first' } },
        })
      })

      it('a request that would store the same fields is equal, and so is one with the same text', async () => {
        const creation = key('same')
        const fields = { ...advisory(newCode()), title: 'first' }
        await create(fields, creation)
        const replayed = { kind: 'replayed', document: { fields } }
        const put = { ...creation, request: 'put in another way' }
        expect(await repository.create(advisories, { fields }, put, inTime())).toMatchObject(replayed)
        const mapped = { fields: { ...fields, title: 'by a later release' } }
        expect(await repository.create(advisories, mapped, creation, inTime())).toMatchObject(replayed)
      })

      it('a different request with the same key is refused', async () => {
        const creation = key('a')
        await create(advisory(newCode()), creation)
        const other = { ...creation, request: 'b' }
        expect(await repository.create(advisories, { fields: advisory(newCode()) }, other, inTime())).toEqual(
          {
            kind: 'keyRefused',
            reason: 'otherRequest',
          },
        )
      })

      it('belongs to its subject, version and resource', async () => {
        const creation = key('a')
        const first = await create(advisory(newCode()), creation)
        for (const elsewhere of [
          { ...creation, subject: 'bob' },
          { ...creation, subject: undefined },
          { ...creation, version: 'v1' as const },
        ]) {
          const document = await create(advisory(newCode()), elsewhere)
          expect(document.id).not.toBe(first.id)
        }
        const place0 = await repository.create(places, { fields: place('Lyon', 1) }, creation, inTime())
        expect(place0).toMatchObject({ kind: 'created' })
      })

      it('a second request is refused while the first is running, and one document is created', async () => {
        const creation = key('a')
        const fields = advisory(newCode())
        const outcomes = await Promise.all(
          Array.from({ length: 5 }, () => repository.create(advisories, { fields }, creation, inTime())),
        )
        const inUse = { kind: 'keyRefused', reason: 'inUse' }
        expect(outcomes).toEqual([expect.objectContaining({ kind: 'created' }), inUse, inUse, inUse, inUse])
      })

      it('processes that race with one key create one document and give the same answer', async () => {
        const creation = key('a')
        const fields = advisory(newCode())
        const outcomes = await Promise.all(
          Array.from({ length: 6 }, () =>
            database.repository({ lanes }).repository.create(advisories, { fields }, creation, inTime()),
          ),
        )
        const documents = outcomes.map((outcome) =>
          'document' in outcome ? outcome.document.id : outcome.kind,
        )
        expect(new Set(documents).size).toBe(1)
        expect(outcomes.filter(({ kind }) => kind === 'created')).toHaveLength(1)
        expect(outcomes.filter(({ kind }) => kind === 'replayed')).toHaveLength(5)
      })

      it('is refused after 24 h, and creates no second document', async () => {
        const creation = key('a')
        const first = await create(advisory(newCode()), creation)
        const day = 24 * 3_600_000
        now += day
        try {
          expect(await repository.create(advisories, { fields: {} }, creation, inTime())).toMatchObject({
            kind: 'replayed',
          })
          await repository.replace(advisories, first, first.fields, inTime())
          expect(await repository.create(advisories, { fields: {} }, creation, inTime())).toEqual({
            kind: 'keyRefused',
            reason: 'spent',
          })
        } finally {
          now -= day
        }
      })
    })

    describe('batches', () => {
      it('give each item an outcome of its own', async () => {
        const taken = newCode()
        await create(advisory(taken))
        const outcome = await repository.createBatch(
          advisories,
          [{ fields: advisory(newCode()) }, { fields: advisory(taken) }],
          undefined,
          inTime(),
        )
        expect(outcome).toMatchObject({
          kind: 'items',
          outcomes: [{ kind: 'created' }, { kind: 'uniqueConflict', fields: ['code'] }],
        })
      })

      it('are replayed item by item, and refuse a different batch with their key', async () => {
        const creation = key('batch')
        const documents = [1, 2, 3].map(() => ({ fields: advisory(newCode()) }))
        const first = await repository.createBatch(advisories, documents, creation, inTime())
        const second = await repository.createBatch(advisories, documents, creation, inTime())
        if (first.kind !== 'items' || second.kind !== 'items') throw new Error(first.kind)
        expect(second.outcomes).toEqual(first.outcomes.map((outcome) => ({ ...outcome, kind: 'replayed' })))
        const longer = [...documents, { fields: advisory(newCode()) }]
        const other = { ...creation, request: 'longer' }
        expect(await repository.createBatch(advisories, longer, other, inTime())).toEqual({
          kind: 'keyRefused',
          reason: 'otherRequest',
        })
        expect(await repository.create(advisories, { fields: advisory(newCode()) }, other, inTime())).toEqual(
          {
            kind: 'keyRefused',
            reason: 'otherRequest',
          },
        )
      })

      it('keep given ids, and report those that exist', async () => {
        const documents = [{ id: `seed-${newCode()}`, fields: place('Nantes', 2) }]
        expect(await repository.createBatch(places, documents, undefined, inTime())).toMatchObject({
          outcomes: [{ kind: 'created' }],
        })
        expect(await repository.createBatch(places, documents, undefined, inTime())).toEqual({
          kind: 'items',
          outcomes: [{ kind: 'duplicateId' }],
        })
      })
    })

    describe('lists', () => {
      it('are limited to the owner’s documents', async () => {
        for (const owner of ['alice', 'bob', 'alice']) {
          await repository.create(trips, { fields: trip(owner, `of ${owner}`) }, undefined, inTime())
        }
        const page = await repository.list(trips, listQuery(trips, ''), ownedBy('alice'), inTime())
        if (page.kind !== 'page') throw new Error(page.kind)
        expect(page.documents.map(({ fields }) => fields.ownerId)).toEqual(['alice', 'alice'])
      })

      it('see every earlier write, however many callers ask', async () => {
        const owner = randomUUID()
        for (let written = 1; written <= 5; written += 1) {
          const query = listQuery(trips, '')
          const early = Array.from({ length: 3 }, () =>
            repository.list(trips, query, ownedBy(owner), inTime()),
          )
          await repository.create(trips, { fields: trip(owner, `${written}`) }, undefined, inTime())
          const pages = await Promise.all(
            Array.from({ length: 3 }, () => repository.list(trips, query, ownedBy(owner), inTime())),
          )
          for (const page of pages)
            expect(page).toMatchObject({ kind: 'page', documents: { length: written } })
          await Promise.all(early)
        }
      })
    })

    it('does nothing for a caller past its deadline or one who has left', async () => {
      const late = { deadline: performance.now() - 1 }
      const fields = advisory(newCode())
      expect(await repository.create(advisories, { fields }, undefined, late)).toEqual({
        kind: 'notDone',
        reason: 'deadline',
      })
      const gone = { ...inTime(), signal: AbortSignal.abort() }
      expect(await repository.read(advisories, 'x', gone)).toEqual({ kind: 'notDone', reason: 'aborted' })
      expect(await repository.create(advisories, { fields }, undefined, inTime())).toMatchObject({
        kind: 'created',
      })
    })
  })
}
