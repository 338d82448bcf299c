/**
 * Preload of an origin (`node --import`) that makes it a bad release: it starts and is ready, reads and writes single
 * documents, and fails every list of places by a mistake of its own code.
 */
import { Db, type Document } from 'mongodb'

const { command } = Db.prototype
Db.prototype.command = function (this: Db, sent: Document, options = {}) {
  // `find` of a list has a filter without an id.
  if (sent.find === 'places' && !('_id' in (sent.filter ?? {}))) {
    throw new TypeError("Cannot read properties of undefined (reading 'order')")
  }
  return command.call(this, sent, options)
}
