import type { Attributes } from '../policy/attributes.ts'
import type { Entry } from './entry.ts'

/**
 * A caller among those who share the copy under a key. An answer with attributes is stored once, under that key, and is
 * shown to the callers whom its attributes admit. For all others it does not exist: they are answered as if nothing were
 * stored, so that neither the answer nor its time tells them whether there is a document.
 */
export interface Viewer {
  /** Key of answers without attributes (404s, or those of an older origin): only callers of the same key share them. */
  readonly key: string
  mayShow(attributes: Attributes): boolean
}

/** A call, as far as it concerns its viewer. */
interface Viewed {
  readonly key: string
  readonly viewer?: Viewer | undefined
}

export const isShown = (entry: Entry | undefined, viewer: Viewer): boolean =>
  entry?.attributes !== undefined && viewer.mayShow(entry.attributes)

/** Key under which an answer to a call is stored. */
export const keyOfEntry = ({ attributes }: Pick<Entry, 'attributes'>, { key, viewer }: Viewed): string =>
  viewer === undefined || attributes !== undefined ? key : viewer.key

/** Whether the answer to another request's fetch is for this caller, too. */
export const isFor = (
  { viewer }: Pick<Viewed, 'viewer'>,
  { entry, key }: { readonly entry: Entry; readonly key: string },
): boolean =>
  viewer === undefined || (entry.attributes === undefined ? key === viewer.key : isShown(entry, viewer))
