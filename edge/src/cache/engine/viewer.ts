import type { Attributes } from '../policy/attributes.ts'
import type { Entry } from './entry.ts'

/**
 * A caller among those who share the copies of a document. An answer with attributes is stored once for all callers who are
 * shown the same of it, and its attributes decide who they are. For all others it does not exist: they are answered as if
 * nothing were stored, so that neither the answer nor its time tells them whether there is a document.
 */
export interface Viewer {
  /** Key of answers without attributes (404s, or those of an older origin): only callers of the same key share them. */
  readonly key: string
  /** Keys of copies that this caller may be shown, besides the key of the call. @default none */
  readonly otherKeys?: readonly string[]
  /** Key under which a copy with these attributes is stored. @default the key of the call */
  keyOf?(attributes: Attributes): string
  /** Key of the copy that this caller is shown of a document with these attributes; its own if none. @default either one */
  keyShown?(attributes: Attributes): string
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
export const keyOfEntry = ({ attributes }: Pick<Entry, 'attributes'>, { key, viewer }: Viewed): string => {
  if (viewer === undefined) return key
  return attributes === undefined ? viewer.key : (viewer.keyOf?.(attributes) ?? key)
}

/**
 * Key of what the viewer is shown of a document, as far as a stored copy of it tells.
 *
 * @param entry a copy that the viewer is not shown
 */
export const keyInstead = ({ attributes }: Entry, viewer: Viewer): string =>
  attributes === undefined ? viewer.key : (viewer.keyShown?.(attributes) ?? viewer.key)

/** Whether the answer to another request's fetch is for this caller, too. */
export const isFor = (
  { viewer }: Pick<Viewed, 'viewer'>,
  { entry, key }: { readonly entry: Entry; readonly key: string },
): boolean => viewer === undefined || key === viewer.key || isShown(entry, viewer)
