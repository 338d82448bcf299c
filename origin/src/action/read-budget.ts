import { approximateBytes } from '../store/records.ts'
import type { StoredDocument } from '../store/repository.ts'

/** Approximate bytes of all documents that one run of a handler may read: it keeps them until it answers. */
const readBytesMax = 32 * 1_048_576

/** Bytes that one run of a handler has read. */
export class ReadBudget {
  readonly #whose: 'action' | 'query'
  #bytes = 0

  constructor(whose: 'action' | 'query') {
    this.#whose = whose
  }

  /** @throws {RangeError} after more than a run may read */
  count(documents: readonly Pick<StoredDocument, 'fields'>[]): void {
    for (const { fields } of documents) this.#bytes += approximateBytes(fields)
    if (this.#bytes <= readBytesMax) return
    throw new RangeError(
      `the ${this.#whose} has read more than ${readBytesMax / 1_048_576} MiB: read fewer documents`,
    )
  }
}
