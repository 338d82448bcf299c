import type { Fields, Representation } from './definition.ts'
import { sampleDocuments } from './shape-samples.ts'

/**
 * A representation shows stored documents by code, and a deployment changes code: answers stored by the edge or by
 * clients must not outlive such a change (decision 19). Two short digests identify what a representation shows.
 *
 * - The **shape** is computed from data alone: schema, number of the last migration, paths, the declared `revision`, and the results of `fromStored`
 *   on sample documents. Every tier computes the same one, whatever its bundler did to the functions, so it is part of
 *   the cache key.
 * - The **revision** adds the text of `fromStored`, which detects changes that no sample shows. Bundlers change that
 *   text, so only the origin computes the revision: it is part of the ETag, and the edge learns it from answers.
 *
 * Not detected: a changed helper that no sample reveals, while neither `fromStored` nor the schema changes. The
 * definition must then raise its `revision`.
 */
export function shapeOf(storedSchema: object, view: Representation, stored = 1): string {
  return digest(
    JSON.stringify([
      writerRevision,
      view.revision ?? 0,
      storedSchema,
      view.schema,
      view.paths,
      ...(stored > 1 ? [stored] : []),
      sampleDocuments(storedSchema).map((document) => shownAs(view, document)),
    ]),
  )
}

/** Revision of a representation, as this process runs it. @see {@link shapeOf} */
export const revisionOf = ({ shape, fromStored }: Representation & { readonly shape: string }): string =>
  digest(`${shape}\n${fromStored}`)

/** The revision of a document that is shown without some of its fields: what two readers are shown has two tags. */
export const revisionWithout = (revision: string, hidden: readonly string[]): string =>
  hidden.length === 0 ? revision : digest(`${revision}\n${hidden.join()}`)

/** Raise it with any change of how the origin serializes fields: their order, numbers, names. */
const writerRevision = 1

function shownAs({ fromStored }: Representation, document: Fields): unknown {
  try {
    return fromStored(copyOf(document))
  } catch {
    // A sample need not be valid; its failure identifies the function as well as a result would.
    return 'fails'
  }
}

/**
 * Copies a sample, so that a function that changes its argument does not affect the next one. The cast is safe: samples
 * are JSON.
 */
const copyOf = (document: Fields): Fields => JSON.parse(JSON.stringify(document)) as Fields

/**
 * Two lanes of FNV-1a (Fowler, Noll, Vo) as 8 characters of base 36. Distinguishes the few revisions of one
 * representation; not used for security. SHA-256 is only asynchronous in Workers.
 */
export function digest(text: string): string {
  let high = 0x811c9dc5
  let low = 0x9e3779b9
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index)
    high = Math.imul(high ^ unit, 0x01000193)
    low = Math.imul(low ^ unit, 0x85ebca6b)
    low ^= low >>> 13
  }
  const lane = (hash: number): string => (hash >>> 0).toString(36).padStart(7, '0').slice(-4)
  return lane(high) + lane(low)
}
