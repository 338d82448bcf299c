import type { Fields, Representation } from './definition.ts'
import { sampleDocuments } from './shape-samples.ts'

/**
 * A representation shows a stored document by code, and a deployment changes code: what is stored of its answers, here
 * and at clients, must not outlive it (decision 19). Two short texts stand for what it shows.
 *
 * - The **shape** is made from data alone: schema, paths, the declared `revision`, and what `fromStored` makes of sample
 *   documents. Every tier computes the same one, whatever its bundler did to the functions, so it is in the cache key.
 * - The **revision** adds the text of `fromStored`, which catches what no sample shows. Edge and origin run different
 *   texts of one function, so the origin alone computes it: it is in the ETag, and the edge learns it from answers.
 *
 * Not caught: a helper whose change shows in no sample, while neither `fromStored` nor the schema changes. A definition
 * raises its `revision` then.
 */
export function shapeOf(storedSchema: object, view: Representation): string {
  return digest(
    JSON.stringify([
      writerRevision,
      view.revision ?? 0,
      storedSchema,
      view.schema,
      view.paths,
      sampleDocuments(storedSchema).map((document) => shownAs(view, document)),
    ]),
  )
}

/** The revision of a representation as this process runs it. @see {@link shapeOf} */
export const revisionOf = ({ shape, fromStored }: Representation & { readonly shape: string }): string =>
  digest(`${shape}\n${fromStored}`)

/** To be raised by whoever changes how the origin writes the same fields: order, numbers, names. */
const writerRevision = 1

function shownAs({ fromStored }: Representation, document: Fields): unknown {
  try {
    return fromStored(copyOf(document))
  } catch {
    // A sample need not be valid. That it fails is as telling as what else would come of it.
    return 'fails'
  }
}

/** A function that changes what it is given must not change the samples of the next one. */
const copyOf = (document: Fields): Fields => JSON.parse(JSON.stringify(document)) as Fields

/**
 * Two lanes of FNV-1a (Fowler, Noll, Vo), 8 characters of base 36: tells the few revisions of one representation apart;
 * nothing is protected by it. Not SHA-256, since Workers have none that answers at once.
 */
function digest(text: string): string {
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
