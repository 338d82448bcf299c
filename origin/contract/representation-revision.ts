/**
 * Header of every answer of a resource: the revision of its representation at this origin, and since when this origin
 * has it. During a rolling deployment answers alternate between two revisions, and the time tells which one is newer.
 */
export interface RepresentationRevision {
  readonly revision: string
  /** Start of the answering process, in ms since the epoch. */
  readonly sinceMs: number
}

/** `k2x9a7qf; since=1764363600000` */
export const formatRevision = ({ revision, sinceMs }: RepresentationRevision): string =>
  `${revision}; since=${Math.round(sinceMs)}`

const pattern = /^([0-9a-z]{1,12}); since=(\d{1,15})$/

/** Parses the header; `undefined` if it is absent or was not made by {@link formatRevision}. */
export function parseRevision(value: string | undefined | null): RepresentationRevision | undefined {
  const [, revision, sinceMs] = pattern.exec(value ?? '') ?? []
  return revision === undefined ? undefined : { revision, sinceMs: Number(sinceMs) }
}
