/**
 * Header of every answer of a resource: the revision that its representation has at this origin, and since when this
 * origin has run it. During a rolling deployment two revisions answer in turns, and a revision alone does not say
 * which of them is the newer one.
 */
export interface ToldRevision {
  readonly revision: string
  /** When the process that answers was started; milliseconds since the epoch. */
  readonly sinceMs: number
}

/** `k2x9a7qf; since=1764363600000` */
export const formatRevision = ({ revision, sinceMs }: ToldRevision): string =>
  `${revision}; since=${Math.round(sinceMs)}`

const pattern = /^([0-9a-z]{1,12}); since=(\d{1,15})$/

/** Revision of a header, or `undefined` where it is absent or not in the form of {@link formatRevision}. */
export function parseRevision(value: string | undefined | null): ToldRevision | undefined {
  const [, revision, sinceMs] = pattern.exec(value ?? '') ?? []
  return revision === undefined ? undefined : { revision, sinceMs: Number(sinceMs) }
}
