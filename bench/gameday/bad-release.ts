/**
 * Preload of an origin (`node --import`) that makes it a bad release: it starts and is ready, reads and writes single
 * documents, and fails every list of places by a mistake of its own code.
 */
import { Collection } from 'mongodb'

const find = Collection.prototype.find
// Only the overload that the origin uses is replaced, so the cast is safe.
Collection.prototype.find = function (this: Collection, filter = {}, options = {}) {
  if (this.collectionName === 'places' && !('_id' in filter))
    throw new TypeError("Cannot read properties of undefined (reading 'order')")
  return find.call(this, filter, options)
} as typeof find
