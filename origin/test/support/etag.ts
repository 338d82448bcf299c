/** Revision in a document's entity tag. @throws {Error} if the tag has another form */
export function revisionOf(etag: string | null | undefined): string {
  versionOf(etag)
  return (etag as string).slice(1, -1).split('.')[1] as string
}

/** Version number in a document's entity tag. @throws {Error} if the tag has another form */
export function versionOf(etag: string | null | undefined): number {
  const version = /^"([1-9]\d*)\.[0-9a-z]{8}"$/.exec(etag ?? '')?.[1]
  if (version === undefined) throw new Error(`${etag} is not the entity tag of a document`)
  return Number(version)
}
