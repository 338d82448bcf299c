import {
  type Expansion,
  type HiddenFields,
  idPattern,
  idsOf,
  type Principal,
  type Representation,
  type Resource,
  satisfies,
  tagsOfList,
} from '@spillway/origin/contract'
import type { WorkTotals } from '../observe/work-totals.ts'
import type { Call, NotDone, ReadOutcome, Repository, StoredDocument } from '../store/repository.ts'
import type { CompiledView } from './compiled-view.ts'

/** The application's compiled views, by representation. */
export type ViewByRepresentation = ReadonlyMap<Representation, CompiledView>

/** Referenced documents, serialized for the answers that contain them. */
export interface Expanded {
  readonly kind: 'expanded'
  /** Tags of all documents in the answer, and of missing ones that may be created. */
  readonly tags: readonly string[]
  /** JSON text of all documents that a document references in fields of the answer. */
  readonly textOf: (document: StoredDocument, hidden: HiddenFields) => string
}

interface Asked {
  readonly route: string
  readonly principal: Principal | undefined
  readonly call: Call
}

export interface Expanding {
  readonly repository: Pick<Repository, 'read'>
  readonly views: ViewByRepresentation
  readonly totals: WorkTotals
}

/**
 * Looks up the referenced documents, each once and all at the same time. A missing document and one that the caller may
 * not read give the same result.
 */
export async function expandAll(
  { repository, views, totals }: Expanding,
  expand: readonly Expansion[],
  documents: readonly StoredDocument[],
  { route, principal, call }: Asked,
): Promise<Expanded | NotDone> {
  const startedAtMs = performance.now()
  const parts = await Promise.all(
    expand.map(async (expansion) => {
      const { path, target } = expansion
      const ids = [...new Set(documents.flatMap(({ fields }) => idsOf(fields[path])))]
      const outcomes = await Promise.all(ids.map((id) => readIfId(repository, target.resource, id, call)))
      return { expansion, ids, outcomes }
    }),
  )
  const tags = new Set<string>()
  const texts = new Map<Expansion, ReadonlyMap<string, string>>()
  let [rows, bytes] = [0, 0]
  for (const { expansion, ids, outcomes } of parts) {
    const { resource, representation } = expansion.target
    // The cast is safe: every view of the application is compiled.
    const compiled = views.get(representation) as CompiledView
    const residual = resource.audiences.read.of(principal)
    const shown = new Map<string, string>()
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.kind === 'notDone') return outcome
      const isShown = outcome.kind === 'found' && satisfies(residual, outcome.document.fields)
      const text = isShown
        ? compiled.serialize(
            outcome.document,
            undefined,
            compiled.hiddenFrom(outcome.document.fields, principal),
          )
        : 'null'
      // The cast is safe: there is one outcome for each id.
      shown.set(ids[index] as string, text)
      rows += 1
      bytes += Buffer.byteLength(text)
    }
    texts.set(expansion, shown)
    for (const tag of [...tagsOf(compiled, ids, principal?.subject), compiled.revisionTag]) tags.add(tag)
  }
  totals.add('expand', route, { answers: 1, rows, bytes, durationMs: performance.now() - startedAtMs })
  return { kind: 'expanded', tags: [...tags], textOf: (document, hidden) => textOf(texts, document, hidden) }
}

/** Skips values that are not ids: they may have been stored before the field became a reference. */
const readIfId = (
  repository: Pick<Repository, 'read'>,
  resource: Resource,
  id: string,
  call: Call,
): Promise<ReadOutcome> =>
  idPattern.test(id) ? repository.read(resource, id, call) : Promise.resolve({ kind: 'notFound' })

/** Maximum document tags per resource in an answer: a stored answer's tags are looked up one by one. */
const documentTagsMax = 8

/** Above this number of documents, the answer carries the tags of a list without filters, which every write purges. */
const tagsOf = (
  { view, documentTag }: CompiledView,
  ids: readonly string[],
  subject: string | undefined,
): readonly string[] =>
  ids.length > documentTagsMax
    ? tagsOfList(view.resource, [], subject, undefined)
    : ids.filter((id) => idPattern.test(id)).map(documentTag)

function textOf(
  texts: ReadonlyMap<Expansion, ReadonlyMap<string, string>>,
  { fields }: StoredDocument,
  hidden: HiddenFields,
): string {
  const members: string[] = []
  for (const [{ name, path }, shown] of texts) {
    const value = fields[path]
    if (value === undefined || hidden.includes(path)) continue
    const items = idsOf(value).map((id) => shown.get(id) ?? 'null')
    members.push(
      `${JSON.stringify(name)}:${Array.isArray(value) ? `[${items.join(',')}]` : (items[0] ?? 'null')}`,
    )
  }
  return `{${members.join(',')}}`
}
